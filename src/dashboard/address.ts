/** What stands in the address behind `#`, whoever has written it. Pure. */

/** As it was before it was encoded; what nobody has encoded so is taken as it stands. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The token of `#token=…`; null: there is none. */
export function tokenIn(hash: string): string | null {
  const given = /[#&]token=([^&]+)/.exec(hash)?.[1];
  return given === undefined ? null : decoded(given);
}

/** The id of the customer whose page it is; null: it is another page. */
export function customerIn(path: string): string | null {
  const given = /^\/customers\/(.+)$/.exec(path)?.[1];
  return given === undefined ? null : decoded(given);
}
