// e^x: x = n ln 2 + r, polynomial of Cephes, error below 1 ulp.
fn gdl_exp(x: f32) -> f32 {
  let t = clamp(x, -104.0, 88.8);
  let n = round(t * 1.44269504);
  var r = t - n * 0.693359375;
  r = r + n * 2.12194440e-4;
  var p = 1.9875691500e-4;
  p = p * r + 1.3981999507e-3;
  p = p * r + 8.3334519073e-3;
  p = p * r + 4.1665795894e-2;
  p = p * r + 1.6666665459e-1;
  p = p * r + 5.0000001201e-1;
  p = p * r * r + r + 1.0;
  let k = i32(n);
  let half = k >> 1u;
  return p * bitcast<f32>((half + 127) << 23u) * bitcast<f32>((k - half + 127) << 23u);
}

// ln x: x = 2^k m, m in [1/sqrt 2, sqrt 2), series of fdlibm.
fn gdl_log(x: f32) -> f32 {
  if (x <= 0.0) { return select(bitcast<f32>(env[2]), bitcast<f32>(env[1]), x == 0.0); }
  if (x > 3.4e38) { return x; }
  let tiny = x < 1.17549435e-38;
  let bits = bitcast<i32>(select(x, x * 33554432.0, tiny));
  let k = (bits - 0x3f3504f3) >> 23u;
  let m = bitcast<f32>(bits - (k << 23u));
  let e = f32(k) - select(0.0, 25.0, tiny);
  let g = m - 1.0;
  let s = g / (2.0 + g);
  let z = s * s;
  let r = z * (0.66666668653 + z * (0.40000972152 + z * (0.28498786688 + z * 0.24279078841)));
  let h = 0.5 * g * g;
  return e * 0.69313812256 - ((h - (s * (h + r) + e * 9.0580006145e-6)) - g);
}

fn gdl_sigmoid(x: f32) -> f32 {
  return 1.0 / (1.0 + gdl_exp(-x));
}

// tanh x: a polynomial near 0 (Cephes), by e^2|x| elsewhere.
fn gdl_tanh(x: f32) -> f32 {
  let z = x * x;
  if (abs(x) < 0.625) {
    return ((((-5.70498872745e-3 * z + 2.06390887954e-2) * z - 5.37397155531e-2) * z + 1.33314422036e-1) * z - 3.33332819422e-1) * z * x + x;
  }
  let far = 1.0 - 2.0 / (gdl_exp(2.0 * abs(x)) + 1.0);
  return select(far, -far, x < 0.0);
}

// sin and cos of x - q pi/2, by Cody and Waite's reduction in three parts and the polynomials of Cephes.
fn gdl_turn(x: f32, shift: i32) -> f32 {
  let q = round(x * 0.636619772);
  var r = x - q * 1.5703125;
  r = r - q * 4.837512969970703e-4;
  r = r - q * 7.549789948768648e-8;
  let z = r * r;
  let s = ((-1.9515295891e-4 * z + 8.3321608736e-3) * z - 1.6666654611e-1) * z * r + r;
  let c = ((2.443315711809948e-5 * z - 1.388731625493765e-3) * z + 4.166664568298827e-2) * z * z - 0.5 * z + 1.0;
  let k = (i32(q) + shift) & 3;
  let y = select(s, c, (k & 1) == 1);
  return select(y, -y, k >= 2);
}

fn gdl_sin(x: f32) -> f32 {
  return gdl_turn(x, 0);
}

fn gdl_cos(x: f32) -> f32 {
  return gdl_turn(x, 1);
}

// The error function, by the polynomials of Cephes.
fn gdl_erf(x: f32) -> f32 {
  let a = abs(x);
  let z = x * x;
  if (a < 1.0) {
    return x * ((((((7.853861353153693e-5 * z - 8.010193625184903e-4) * z + 5.188327685732524e-3) * z - 2.685381193529856e-2) * z
      + 1.128358514861418e-1) * z - 3.761262582423300e-1) * z + 1.128379165726710);
  }
  let q = 1.0 / a;
  let y = q * q;
  var p = 0.0;
  if (a < 2.0) {
    p = (((((((2.326819970068386e-2 * y - 1.387039388740657e-1) * y + 3.687424674597105e-1) * y - 5.824733027278666e-1) * y
      + 6.210004621745983e-1) * y - 4.944515323274145e-1) * y + 3.404879937665872e-1) * y - 2.741127028184656e-1) * y + 5.638259427386472e-1;
  } else {
    p = ((((((-1.047766399936249e1 * y + 1.297719955372516e1) * y - 7.495518717768503) * y + 2.921019019210786) * y
      - 1.015265279202700) * y + 4.218463358204948e-1) * y - 2.820767439740514e-1) * y + 5.641895067754075e-1;
  }
  let far = 1.0 - gdl_exp(-z) * q * p;
  return select(far, -far, x < 0.0);
}

// x^y for x >= 0.
fn gdl_pow(x: f32, y: f32) -> f32 {
  if (y == 0.0) { return 1.0; }
  if (x == 0.0) { return select(0.0, bitcast<f32>(env[0]), y < 0.0); }
  return gdl_exp(y * gdl_log(x));
}

fn gdl_powi(x: f32, n: i32) -> f32 {
  var result = 1.0;
  var square = x;
  for (var left = abs(n); left > 0; left = left >> 1u) {
    if ((left & 1) == 1) { result = result * square; }
    square = square * square;
  }
  return select(result, 1.0 / result, n < 0);
}

fn gdl_sign(x: f32) -> f32 {
  return select(select(0.0, -1.0, x < 0.0), 1.0, x > 0.0);
}
