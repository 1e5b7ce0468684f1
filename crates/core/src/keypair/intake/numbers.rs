//! Whether the eight numbers of an RSA private key belong together.
//!
//! One changed character in a key's text still reads as a key, with another number in it. The
//! equations between the numbers find that before anything is stored. Plain school arithmetic,
//! exact and slow, in buffers that are overwritten on drop. Not here: anything that signs or
//! encrypts, for which this arithmetic would not be fit (its time depends on the numbers).

use zeroize::Zeroizing;

/// The numbers of PKCS#1, each big-endian.
pub(super) struct Numbers<'a> {
    pub modulus: &'a [u8],
    pub public_exponent: &'a [u8],
    pub private_exponent: &'a [u8],
    pub primes: [&'a [u8]; 2],
    pub exponents: [&'a [u8]; 2],
    pub coefficient: &'a [u8],
}

/// Little-endian limbs without zeros at the top; zero is empty.
type Number = Zeroizing<Vec<u64>>;

/// Whether n = p q; dp = d mod (p - 1) and e dp = 1 mod (p - 1), the same for q; and
/// q qinv = 1 mod p (RFC 8017, 3.2).
pub(super) fn fit_together(numbers: &Numbers<'_>) -> bool {
    let [p, q] = numbers.primes.map(number);
    let odd = |n: &Number| n.first().is_some_and(|limb| limb % 2 == 1);
    if !odd(&p) || !odd(&q) || is_one(&p) || is_one(&q) || p == q {
        return false;
    }
    let d = number(numbers.private_exponent);
    let e = number(numbers.public_exponent);
    let n = number(numbers.modulus);
    let coefficient = number(numbers.coefficient);
    let exponent_fits = |prime: &Number, exponent: &[u8]| {
        let order = less_one(prime);
        let exponent = number(exponent);
        rest(&d, &order) == exponent && is_one(&rest(&product(&e, &exponent), &order))
    };
    product(&p, &q) == n
        && less(&d, &n)
        && less(&coefficient, &p)
        && is_one(&rest(&product(&q, &coefficient), &p))
        && exponent_fits(&p, numbers.exponents[0])
        && exponent_fits(&q, numbers.exponents[1])
}

fn number(bytes: &[u8]) -> Number {
    let mut limbs = Zeroizing::new(Vec::with_capacity(bytes.len() / 8 + 1));
    for chunk in bytes.rchunks(8) {
        limbs.push(
            chunk
                .iter()
                .fold(0_u64, |limb, byte| limb << 8 | u64::from(*byte)),
        );
    }
    trim(&mut limbs);
    limbs
}

fn trim(limbs: &mut Number) {
    while limbs.last() == Some(&0) {
        limbs.pop();
    }
}

fn is_one(n: &Number) -> bool {
    n.as_slice() == [1]
}

fn less(a: &[u64], b: &[u64]) -> bool {
    a.len()
        .cmp(&b.len())
        .then_with(|| a.iter().rev().cmp(b.iter().rev()))
        .is_lt()
}

/// An odd number less one.
fn less_one(odd: &Number) -> Number {
    let mut even = odd.clone();
    if let Some(limb) = even.first_mut() {
        *limb &= !1;
    }
    trim(&mut even);
    even
}

fn product(a: &Number, b: &Number) -> Number {
    let mut sum = Zeroizing::new(vec![0_u64; a.len() + b.len()]);
    for (i, x) in a.iter().enumerate() {
        let mut carry = 0_u128;
        for (j, y) in b.iter().enumerate() {
            let place = u128::from(*x) * u128::from(*y) + u128::from(sum[i + j]) + carry;
            sum[i + j] = low(place);
            carry = place >> 64;
        }
        sum[i + b.len()] = low(carry);
    }
    trim(&mut sum);
    sum
}

/// The lower half; the caller carries the upper one on.
fn low(place: u128) -> u64 {
    place as u64
}

/// `a` modulo `m`, bit by bit from the top.
fn rest(a: &Number, m: &Number) -> Number {
    let mut rest = Zeroizing::new(vec![0_u64; m.len() + 1]);
    for limb in a.iter().rev() {
        for bit in (0..64).rev() {
            let mut carry = limb >> bit & 1;
            for place in rest.iter_mut() {
                let top = *place >> 63;
                *place = *place << 1 | carry;
                carry = top;
            }
            if !below(&rest, m) {
                subtract(&mut rest, m);
            }
        }
    }
    trim(&mut rest);
    rest
}

/// Whether `a`, one limb longer, is less than `m`.
fn below(a: &[u64], m: &[u64]) -> bool {
    a.last() == Some(&0) && a.iter().rev().skip(1).lt(m.iter().rev())
}

fn subtract(a: &mut [u64], m: &[u64]) {
    let mut borrow = false;
    for (i, place) in a.iter_mut().enumerate() {
        let (less, first) = place.overflowing_sub(m.get(i).copied().unwrap_or(0));
        let (less, second) = less.overflowing_sub(u64::from(borrow));
        *place = less;
        borrow = first || second;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(value: u128) -> Number {
        number(&value.to_be_bytes())
    }

    proptest! {
        #[test]
        fn product_and_rest_are_right(a: u64, b: u64, m in 1_u128..) {
            let whole = u128::from(a) * u128::from(b);
            prop_assert_eq!(product(&of(a.into()), &of(b.into())), of(whole));
            prop_assert_eq!(rest(&of(whole), &of(m)), of(whole % m));
        }
    }

    #[test]
    fn a_small_key_fits_and_each_changed_number_is_found() {
        // p = 61, q = 53, n = 3233, e = 17, d = 2753: the textbook's key.
        let good: [&[u8]; 8] = [
            &[0x0C, 0xA1],
            &[17],
            &[0x0A, 0xC1],
            &[61],
            &[53],
            &[53],
            &[49],
            &[38],
        ];
        let fits = |k: [&[u8]; 8]| {
            fit_together(&Numbers {
                modulus: k[0],
                public_exponent: k[1],
                private_exponent: k[2],
                primes: [k[3], k[4]],
                exponents: [k[5], k[6]],
                coefficient: k[7],
            })
        };
        assert!(fits(good));
        for place in 0..8 {
            let mut changed = good;
            let mut bytes = good[place].to_vec();
            *bytes.last_mut().unwrap() ^= 4;
            changed[place] = &bytes;
            assert!(!fits(changed), "number {place}");
        }
    }
}
