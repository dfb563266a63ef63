/**
 * Which send a response belongs to: places of campaigns in a list, looked up without making anything, because two rules ask for all of them at every
 * event. One table for all, emptied by counting up; nothing of it outlives the constructor of a rule. Boundary: at most MOST_SENDS campaigns at a time.
 */
import { MOST_SENDS, type Short } from '../state.ts';

/** A power of two, at least four times what is put in: then two of them seldom meet. */
const SLOTS = 256;
const campaigns = new Float64Array(SLOTS);
const places = new Int32Array(SLOTS);
/** a slot is in use when it says the round of now */
const rounds = new Float64Array(SLOTS);
let round = 0;
let count = 0;

export const NOWHERE = -1;

/** Forgets all places. */
export function forgetPlaces(): void {
  round += 1;
  count = 0;
}

/** Puts a campaign at a place; returns the place that it was put at before. Throws a RangeError for more of them than a state can have. */
export function putPlace(campaign: Short, place: number): number {
  const slot = slotOf(campaign);
  const before = rounds[slot] === round ? (places[slot] ?? NOWHERE) : NOWHERE;
  if (before === NOWHERE && ++count > MOST_SENDS) throw new RangeError(`a state has more than ${MOST_SENDS} campaigns`);
  campaigns[slot] = campaign;
  places[slot] = place;
  rounds[slot] = round;
  return before;
}

/** Where a campaign was put last. */
export function placeOfCampaign(campaign: Short): number {
  const slot = slotOf(campaign);
  return rounds[slot] === round ? (places[slot] ?? NOWHERE) : NOWHERE;
}

/** The slot that has the campaign, or else would. */
function slotOf(campaign: Short): number {
  let slot = campaign & (SLOTS - 1);
  while (rounds[slot] === round && campaigns[slot] !== campaign) slot = (slot + 1) & (SLOTS - 1);
  return slot;
}
