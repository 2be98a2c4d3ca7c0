//! Murmur3 (32 bits) as Clojure uses it on the JVM: programs see these numbers through `hash` and the order of sets.

const C1: u32 = 0xcc9e_2d51;
const C2: u32 = 0x1b87_3593;

fn mix_k(k: u32) -> u32 {
    k.wrapping_mul(C1).rotate_left(15).wrapping_mul(C2)
}
fn mix_h(h: u32, k: u32) -> u32 {
    (h ^ k).rotate_left(13).wrapping_mul(5).wrapping_add(0xe654_6b64)
}
fn finish(mut h: u32, length: u32) -> u32 {
    h ^= length;
    h = (h ^ h >> 16).wrapping_mul(0x85eb_ca6b);
    h = (h ^ h >> 13).wrapping_mul(0xc2b2_ae35);
    h ^ h >> 16
}

pub fn int(n: u32) -> u32 {
    if n == 0 { 0 } else { finish(mix_h(0, mix_k(n)), 4) }
}
pub fn long(n: i64) -> u32 {
    if n == 0 {
        return 0;
    }
    let h = mix_h(0, mix_k(n as u32));
    finish(mix_h(h, mix_k((n as u64 >> 32) as u32)), 8)
}
/// Of UTF-16 units: names of symbols.
pub fn units(s: &str) -> u32 {
    let (mut h, mut n, mut half) = (0, 0u32, None);
    for u in s.encode_utf16() {
        n += 1;
        half = match half {
            None => Some(u),
            Some(low) => {
                h = mix_h(h, mix_k(low as u32 | (u as u32) << 16));
                None
            }
        };
    }
    if let Some(u) = half {
        h ^= mix_k(u as u32);
    }
    finish(h, n.wrapping_mul(2))
}
/// What a collection of `count` items makes of the combination of their hashes.
pub fn collection(hash: u32, count: usize) -> u32 {
    finish(mix_h(0, mix_k(hash)), count as u32)
}
/// `String.hashCode`.
pub fn java_string(s: &str) -> u32 {
    if s.is_ascii() {
        return s.bytes().fold(0, |h, b| h.wrapping_mul(31).wrapping_add(b as u32));
    }
    s.encode_utf16().fold(0, |h, u| h.wrapping_mul(31).wrapping_add(u as u32))
}
/// `Util.hashCombine`.
pub fn combine(seed: u32, hash: u32) -> u32 {
    let shifted = hash.wrapping_add(0x9e37_79b9).wrapping_add(seed << 6).wrapping_add((seed as i32 >> 2) as u32);
    seed ^ shifted
}
