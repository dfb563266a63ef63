/** The logarithm of the gamma function. */

const HALF_LOG_TWO_PI = 0.9189385332046728;
/** From here on Stirling's series with five terms is exact to the last bits. */
const LEAST = 12;

/** ln Γ(z) for z > 0, relative error about 1e-14 (absolute near its zeros at 1 and 2): recurrence up to 12, then Stirling's series (DLMF 5.11.1). */
export function lnGamma(z: number): number {
  let product = 1;
  let at = z;
  for (; at < LEAST; at++) product *= at;
  const inverse = 1 / at;
  const square = inverse * inverse;
  const series = inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square * (1 / 1188)))));
  return (at - 0.5) * Math.log(at) - at + HALF_LOG_TWO_PI + series - Math.log(product);
}
