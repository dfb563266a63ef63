/**
 * The groups in the order in which charts stack them, each with its colour: told apart by those who see colours otherwise, in both themes (style.css).
 */
export const GROUPS = ['CHAMPION', 'POTENTIAL_CHAMPION', 'LOYALIST', 'NEW', 'AT_RISK'] as const;

/** The name of the custom property that holds the colour. */
export const colourOf = (group: string | null): string => `--${(group ?? 'none').toLowerCase().replaceAll('_', '-')}`;

/** What a custom property is just now, for canvases, which know no properties. */
export const inkOf = (property: string): string => getComputedStyle(document.documentElement).getPropertyValue(property).trim();
