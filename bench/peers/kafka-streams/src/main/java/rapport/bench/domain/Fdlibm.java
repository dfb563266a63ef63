package rapport.bench.domain;

/**
 * The elementary functions as V8 has them, so that results agree to the last bit with rapport's: fdlibm (Sun Microsystems, 1993, freely granted). Java 17
 * has the same in StrictMath, but calls out of Java for three of these; here they are in it. `**` is Math.pow, which differs in one of a thousand last bits.
 */
public final class Fdlibm {
  private static final double LN2_HI = 6.93147180369123816490e-01;
  private static final double LN2_LO = 1.90821492927058770002e-10;
  private static final double INV_LN2 = 1.44269504088896338700e+00;
  private static final double L1 = 6.666666666666735130e-01;
  private static final double L2 = 3.999999999940941908e-01;
  private static final double L3 = 2.857142874366239149e-01;
  private static final double L4 = 2.222219843214978396e-01;
  private static final double L5 = 1.818357216161805012e-01;
  private static final double L6 = 1.531383769920937332e-01;
  private static final double L7 = 1.479819860511658591e-01;
  private static final double Q1 = -3.33333333333331316428e-02;
  private static final double Q2 = 1.58730158725481460165e-03;
  private static final double Q3 = -7.93650757867487942473e-05;
  private static final double Q4 = 4.00821782732936239552e-06;
  private static final double Q5 = -2.01099218183624371326e-07;

  private Fdlibm() {}

  public static double exp(double x) {
    return StrictMath.exp(x);
  }

  public static double log(double given) {
    double x = given;
    int hx = high(x);
    if (hx < 0x00100000 || hx >= 0x7ff00000) return StrictMath.log(x);
    int k = (hx >> 20) - 1023;
    hx &= 0x000fffff;
    int i = (hx + 0x95f64) & 0x100000;
    x = withHigh(x, hx | (i ^ 0x3ff00000));
    k += i >> 20;
    double f = x - 1.0;
    double dk = k;
    if ((0x000fffff & (2 + hx)) < 3) {
      if (f == 0) return k == 0 ? 0 : dk * LN2_HI + dk * LN2_LO;
      double r = f * f * (0.5 - 0.33333333333333333 * f);
      return k == 0 ? f - r : dk * LN2_HI - ((r - dk * LN2_LO) - f);
    }
    double s = f / (2.0 + f);
    double z = s * s;
    double w = z * z;
    double t1 = w * (L2 + w * (L4 + w * L6));
    double t2 = z * (L1 + w * (L3 + w * (L5 + w * L7)));
    double r = t2 + t1;
    if (((hx - 0x6147a) | (0x6b851 - hx)) > 0) {
      double hfsq = 0.5 * f * f;
      return k == 0 ? f - (hfsq - s * (hfsq + r)) : dk * LN2_HI - ((hfsq - (s * (hfsq + r) + dk * LN2_LO)) - f);
    }
    return k == 0 ? f - s * (f - r) : dk * LN2_HI - ((s * (f - r) - dk * LN2_LO) - f);
  }

  public static double log1p(double x) {
    int hx = high(x);
    int ax = hx & 0x7fffffff;
    if (ax >= 0x43400000 || hx < 0 && ax >= 0x3ff00000 || ax < 0x3e200000) return StrictMath.log1p(x);
    int k = 1;
    double f = 0;
    double c = 0;
    int hu = 1;
    if (hx < 0x3FDA827A && (hx > 0 || hx <= 0xbfd2bec3)) {
      k = 0;
      f = x;
    }
    if (k != 0) {
      double u = 1.0 + x;
      hu = high(u);
      k = (hu >> 20) - 1023;
      c = (k > 0 ? 1.0 - (u - x) : x - (u - 1.0)) / u;
      hu &= 0x000fffff;
      if (hu < 0x6a09e) u = withHigh(u, hu | 0x3ff00000);
      else {
        k += 1;
        u = withHigh(u, hu | 0x3fe00000);
        hu = (0x00100000 - hu) >> 2;
      }
      f = u - 1.0;
    }
    double hfsq = 0.5 * f * f;
    if (hu == 0) {
      if (f == 0) return k == 0 ? 0 : k * LN2_HI + (c + k * LN2_LO);
      double r = hfsq * (1.0 - 0.66666666666666666 * f);
      return k == 0 ? f - r : k * LN2_HI - ((r - (k * LN2_LO + c)) - f);
    }
    double s = f / (2.0 + f);
    double z = s * s;
    double r = z * (L1 + z * (L2 + z * (L3 + z * (L4 + z * (L5 + z * (L6 + z * L7))))));
    return k == 0 ? f - (hfsq - s * (hfsq + r)) : k * LN2_HI - ((hfsq - (s * (hfsq + r) + (k * LN2_LO + c))) - f);
  }

  public static double expm1(double given) {
    double x = given;
    int hx = high(x) & 0x7fffffff;
    boolean negative = x < 0;
    if (hx >= 0x4043687A || hx < 0x3c900000) return StrictMath.expm1(x);
    int k = 0;
    double c = 0;
    if (hx > 0x3fd62e42) {
      double hi;
      double lo;
      if (hx < 0x3FF0A2B2) {
        hi = negative ? x + LN2_HI : x - LN2_HI;
        lo = negative ? -LN2_LO : LN2_LO;
        k = negative ? -1 : 1;
      } else {
        k = (int) (INV_LN2 * x + (negative ? -0.5 : 0.5));
        hi = x - k * LN2_HI;
        lo = k * LN2_LO;
      }
      x = hi - lo;
      c = (hi - x) - lo;
    }
    double hfx = 0.5 * x;
    double hxs = x * hfx;
    double r1 = 1.0 + hxs * (Q1 + hxs * (Q2 + hxs * (Q3 + hxs * (Q4 + hxs * Q5))));
    double t = 3.0 - r1 * hfx;
    double e = hxs * ((r1 - t) / (6.0 - x * t));
    if (k == 0) return x - (x * e - hxs);
    e = x * (e - c) - c;
    e -= hxs;
    if (k == -1) return 0.5 * (x - e) - 0.5;
    if (k == 1) return x < -0.25 ? -2.0 * (e - (x + 0.5)) : 1.0 + 2.0 * (x - e);
    if (k <= -2 || k > 56) {
      double y = 1.0 - (e - x);
      return withHigh(y, high(y) + (k << 20)) - 1.0;
    }
    double y = k < 20 ? withHigh(1.0, 0x3ff00000 - (0x200000 >> k)) - (e - x) : x - (e + withHigh(1.0, (0x3ff - k) << 20)) + 1.0;
    return withHigh(y, high(y) + (k << 20));
  }

  private static int high(double x) {
    return (int) (Double.doubleToRawLongBits(x) >> 32);
  }

  private static double withHigh(double x, int high) {
    return Double.longBitsToDouble((long) high << 32 | Double.doubleToRawLongBits(x) & 0xffffffffL);
  }
}
