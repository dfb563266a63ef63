/**
 * How `rapport doctor` tells people what it has found: a table of all checks, then each fault and each warning with what it means and what to do.
 */
import { styleText } from 'node:util';
import type { Report } from './doctor.ts';
import { type Check, plural, type Verdict } from './doctor-check.ts';
import { table } from './output.ts';

const WORDS: Readonly<Record<Verdict, string>> = { ok: 'ok', warning: 'WARNING', fault: 'FAULT', skipped: 'not looked at' };
const WIDTH = 110;

export function reportText({ applicationId, verdict, counts, checks }: Report): string {
  const rows = checks.map(({ area, check, found, verdict: of }, i) => [checks[i - 1]?.area === area ? '' : area, check, found, WORDS[of]]);
  const told = (['fault', 'warning'] as const).flatMap((of) => alike(checks.filter((check) => check.verdict === of)).map(detail));
  const parts = [table(['area', 'check', 'found', 'verdict'], rows), ...told, `${applicationId}: ${summary(verdict, counts)}`];
  return parts.join('\n\n');
}

/** Checks that mean the same, of several topics or nodes, are told together. */
function alike(checks: readonly Check[]): Check[][] {
  const groups = new Map<string, Check[]>();
  for (const check of checks) {
    const key = `${check.area} ${check.means}`;
    groups.set(key, [...(groups.get(key) ?? []), check]);
  }
  return [...groups.values()];
}

function detail(group: readonly Check[]): string {
  const [first] = group;
  if (first === undefined) return '';
  const word = styleText(first.verdict === 'fault' ? 'red' : 'yellow', WORDS[first.verdict]);
  const lines = group.map(
    ({ area, check, found }, i) => `${i === 0 ? word : ' '.repeat(WORDS[first.verdict].length)}  ${area}, ${check}: ${found}`,
  );
  if (first.means !== null) lines.push(...wrapped(first.means, '  '));
  const todo = new Set(group.flatMap((check) => check.todo));
  for (const each of todo) lines.push(...(isCommand(each) ? [`  > ${each}`] : wrapped(each, '  → ', '    ')));
  return lines.join('\n');
}

/** A command stands on one line, to be copied. */
const isCommand = (text: string): boolean => /^(rapport|redis-cli|curl|kafka-[a-z]+\.sh) /.test(text);

function wrapped(text: string, first: string, further = first): string[] {
  const lines: string[] = [];
  let line = first;
  for (const word of text.split(/\s+/)) {
    const begun = line !== first && line !== further;
    if (begun && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = further + word;
    } else line += begun ? ` ${word}` : word;
  }
  return [...lines, line];
}

function summary(verdict: Report['verdict'], { ok, warning, fault, skipped }: Report['counts']): string {
  const rest = skipped === 0 ? '' : `, ${skipped} not looked at`;
  if (verdict === 'ok') return `all is well (${plural(ok, 'check')}${rest})`;
  const found = [fault > 0 ? plural(fault, 'fault') : '', warning > 0 ? plural(warning, 'warning') : ''].filter(Boolean).join(', ');
  return `${found}; ${ok} ok${rest}${fault > 0 ? '. Mend the faults first: workers cannot do their work with them.' : '. Workers can do their work.'}`;
}
