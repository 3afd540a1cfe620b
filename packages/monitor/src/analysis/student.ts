/**
 * Student's t distribution, by the regularised incomplete beta function: continued fraction by the modified Lentz
 * method (Press et al., Numerical Recipes, 3rd ed., 6.4). Errors are below 1e-9.
 */

/** Probability that |T| exceeds |t| by chance, at `freedom` degrees of freedom (above 0, need not be whole). */
export function twoSidedP(t: number, freedom: number): number {
  return incompleteBeta(freedom / 2, 0.5, freedom / (freedom + t * t));
}

/** The t that |T| exceeds with probability `p`, in (0, 1): the inverse of {@link twoSidedP}, by Newton's method on its logarithm. */
export function twoSidedT(p: number, freedom: number): number {
  const peak = Math.exp(logGamma((freedom + 1) / 2) - logGamma(freedom / 2)) / Math.sqrt(freedom * Math.PI);
  let t = 0;
  for (let step = Infinity, tries = 0; Math.abs(step) > 1e-10 * t && tries < 100; tries += 1) {
    const density = peak * (1 + (t * t) / freedom) ** (-(freedom + 1) / 2);
    const reached = twoSidedP(t, freedom);
    step = (reached * Math.log(reached / p)) / (2 * density);
    t += step;
  }
  return t;
}

function incompleteBeta(a: number, b: number, x: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x));
  return x < (a + 1) / (a + b + 2) ? (front * betaFraction(a, b, x)) / a : 1 - (front * betaFraction(b, a, 1 - x)) / b;
}

const TINY = 1e-300;
const notZero = (value: number): number => (Math.abs(value) < TINY ? TINY : value);

function betaFraction(a: number, b: number, x: number): number {
  let c = 1;
  let d = 1 / notZero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= 500; m += 1) {
    const even = (m * (b - m) * x) / ((a - 1 + 2 * m) * (a + 2 * m));
    d = 1 / notZero(1 + even * d);
    c = notZero(1 + even / c);
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 1 + 2 * m));
    d = 1 / notZero(1 + odd * d);
    c = notZero(1 + odd / c);
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-13) break;
  }
  return fraction;
}

/** Stirling's series, whose terms left out are below 1e-12 from 10 on; smaller arguments are carried there. */
function logGamma(x: number): number {
  let carried = 0;
  let z = x;
  for (; z < 10; z += 1) carried += Math.log(z);
  const square = 1 / (z * z);
  const series = (1 / 12 - square * (1 / 360 - square * (1 / 1_260 - square / 1_680))) / z;
  return (z - 0.5) * Math.log(z) - z + 0.5 * Math.log(2 * Math.PI) + series - carried;
}
