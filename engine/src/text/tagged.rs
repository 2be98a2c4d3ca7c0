//! Literals with a tag: UUIDs, instants, tagged literals, reader conditionals kept as data.

use crate::heap::{self, Gc, Header, HeapType, TypeId};
use crate::value::Value;

/// `#uuid`.
#[repr(C)]
pub struct Uuid {
    header: Header,
    pub high: u64,
    pub low: u64,
}
// SAFETY: repr(C), header first, no destructor; plain numbers.
unsafe impl HeapType for Uuid {
    const TYPE: TypeId = TypeId::UUID;
}

impl Uuid {
    pub fn alloc(high: u64, low: u64) -> Gc<Uuid> {
        heap::new(Uuid { header: Header::blank(), high, low })
    }
    /// As `UUID.fromString` takes it in its canonical form, 8-4-4-4-12 hexadecimal digits.
    pub fn parse(s: &str) -> Option<(u64, u64)> {
        let groups: Vec<&str> = s.split('-').collect();
        let lengths = [8, 4, 4, 4, 12];
        if groups.len() != 5 || groups.iter().zip(lengths).any(|(g, n)| g.len() != n) {
            return None;
        }
        if !groups.iter().all(|g| g.bytes().all(|b| b.is_ascii_hexdigit())) {
            return None;
        }
        let n = u128::from_str_radix(&groups.concat(), 16).ok()?;
        Some(((n >> 64) as u64, n as u64))
    }
    pub fn text(&self) -> String {
        let (h, l) = (self.high, self.low);
        format!(
            "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
            h >> 32,
            h >> 16 & 0xffff,
            h & 0xffff,
            l >> 48,
            l & 0xffff_ffff_ffff
        )
    }
}

/// `#inst`: milliseconds since 1970.
#[repr(C)]
pub struct Inst {
    header: Header,
    pub millis: i64,
}
// SAFETY: as above.
unsafe impl HeapType for Inst {
    const TYPE: TypeId = TypeId::INST;
}

pub const WEEKDAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
pub const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Days since 1970-01-01 of a date of the Gregorian calendar (Howard Hinnant, 'chrono-compatible low-level date algorithms').
fn days_from_civil(y: i64, m: i64, d: i64) -> i64 {
    let y = if m <= 2 { y - 1 } else { y };
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let doy = (153 * ((m + 9) % 12) + 2) / 5 + d - 1;
    era * 146_097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let m = if mp < 10 { mp + 3 } else { mp - 9 };
    (yoe + era * 400 + i64::from(m <= 2), m, doy - (153 * mp + 2) / 5 + 1)
}

impl Inst {
    pub fn alloc(millis: i64) -> Gc<Inst> {
        heap::new(Inst { header: Header::blank(), millis })
    }
    /// RFC 3339 with parts left out from the right: `2020`, `2020-01-02T03:04:05.678+01:00`.
    pub fn parse(s: &str) -> Option<i64> {
        let mut rest = s;
        let number = |rest: &mut &str, separator: &str, width: usize| -> Option<Option<i64>> {
            let Some(body) = rest.strip_prefix(separator) else { return Some(None) };
            let digits = body.get(..width)?;
            if !digits.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
            *rest = &body[width..];
            Some(digits.parse().ok())
        };
        let year = number(&mut rest, "", 4)??;
        let month = number(&mut rest, "-", 2)?;
        let day = if month.is_some() { number(&mut rest, "-", 2)? } else { None };
        let hour = if day.is_some() { number(&mut rest, "T", 2)? } else { None };
        let minute = if hour.is_some() { number(&mut rest, ":", 2)? } else { None };
        let second = if minute.is_some() { number(&mut rest, ":", 2)? } else { None };
        let mut millis = 0;
        if let (Some(_), Some(fraction)) = (second, rest.strip_prefix('.')) {
            let digits: String = fraction.chars().take_while(char::is_ascii_digit).collect();
            if digits.is_empty() || digits.len() > 9 {
                return None;
            }
            rest = &fraction[digits.len()..];
            millis = format!("{digits:0<3}")[..3].parse().ok()?;
        }
        let offset = match rest {
            "" | "Z" => 0,
            _ => {
                let sign = match rest.as_bytes()[0] {
                    b'+' => 1,
                    b'-' => -1,
                    _ => return None,
                };
                let (h, m) = rest[1..].split_once(':')?;
                sign * (h.parse::<i64>().ok()? * 60 + m.parse::<i64>().ok()?)
            }
        };
        let (month, day) = (month.unwrap_or(1), day.unwrap_or(1));
        let (hour, minute, second) = (hour.unwrap_or(0), minute.unwrap_or(0), second.unwrap_or(0));
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let length = match month {
            2 => 28 + i64::from(leap),
            4 | 6 | 9 | 11 => 30,
            _ => 31,
        };
        let fits = (1..=12).contains(&month) && (1..=length).contains(&day) && hour < 24 && minute < 60 && second <= 60;
        if !fits {
            return None;
        }
        let days = days_from_civil(year, month, day);
        Some((((days * 24 + hour) * 60 + minute - offset) * 60 + second) * 1000 + millis)
    }
    /// Year, month, day, hour, minute, second, millisecond, day of the week (0: Sunday), all in UTC.
    pub fn fields(&self) -> [i64; 8] {
        let (days, ms) = (self.millis.div_euclid(86_400_000), self.millis.rem_euclid(86_400_000));
        let (y, m, d) = civil_from_days(days);
        [y, m, d, ms / 3_600_000, ms / 60_000 % 60, ms / 1000 % 60, ms % 1000, (days + 4).rem_euclid(7)]
    }
    /// As `java.util.Date` is printed: `Wed Jan 01 00:00:00 UTC 2020`.
    pub fn date_text(&self) -> String {
        let [y, m, d, h, min, s, _, weekday] = self.fields();
        let (weekday, month) = (WEEKDAYS[weekday as usize], MONTHS[m as usize - 1]);
        format!("{} {} {d:02} {h:02}:{min:02}:{s:02} UTC {y:04}", &weekday[..3], &month[..3])
    }
    /// `2020-01-02T03:04:05.678-00:00`.
    pub fn text(&self) -> String {
        let [y, m, d, h, min, s, ms, _] = self.fields();
        format!("{y:04}-{m:02}-{d:02}T{h:02}:{min:02}:{s:02}.{ms:03}-00:00")
    }
}

/// A path: `java.io.File`.
#[repr(C)]
pub struct FileName {
    header: Header,
    /// A text.
    pub path: Value,
}
// SAFETY: repr(C), header first, no destructor.
unsafe impl HeapType for FileName {
    const TYPE: TypeId = TypeId::FILE;
}
impl FileName {
    /// The path as `java.io.File` keeps it: no doubled separators and none at the end.
    pub fn alloc(path: &str) -> Gc<FileName> {
        let mut kept = String::with_capacity(path.len());
        for c in path.chars() {
            if c != '/' || !kept.ends_with('/') {
                kept.push(c);
            }
        }
        if kept.len() > 1 && kept.ends_with('/') {
            kept.pop();
        }
        heap::new(FileName { header: Header::blank(), path: super::Text::value(&kept) })
    }
    pub fn text(&self) -> String {
        self.path.cast::<super::Text>().map_or_else(String::new, |t| t.as_str().to_owned())
    }
}

/// `#tag form`, kept as data.
#[repr(C)]
pub struct TaggedLiteral {
    header: Header,
    pub tag: Value,
    pub form: Value,
}
// SAFETY: repr(C), header first, no destructor.
unsafe impl HeapType for TaggedLiteral {
    const TYPE: TypeId = TypeId::TAGGED_LITERAL;
}
impl TaggedLiteral {
    pub fn alloc(tag: Value, form: Value) -> Gc<TaggedLiteral> {
        heap::new(TaggedLiteral { header: Header::blank(), tag, form })
    }
}

/// `#?(…)` or `#?@(…)`, kept as data.
#[repr(C)]
pub struct ReaderConditional {
    header: Header,
    pub form: Value,
    /// A boolean word.
    pub splicing: Value,
}
// SAFETY: as above.
unsafe impl HeapType for ReaderConditional {
    const TYPE: TypeId = TypeId::READER_CONDITIONAL;
}
impl ReaderConditional {
    pub fn alloc(form: Value, splicing: Value) -> Gc<ReaderConditional> {
        heap::new(ReaderConditional { header: Header::blank(), form, splicing })
    }
}

/// A class, named: what `(class x)` gives and `instance?` takes.
#[repr(C)]
pub struct ClassObject {
    header: Header,
    /// A text: the full name.
    pub name: Value,
    pub user_type: Option<&'static crate::types::UserType>,
}
// SAFETY: as above.
unsafe impl HeapType for ClassObject {
    const TYPE: TypeId = TypeId::CLASS;
}
impl ClassObject {
    pub fn alloc(name: Value) -> Gc<ClassObject> {
        heap::new(ClassObject { header: Header::blank(), name, user_type: None })
    }
    /// The class of a program's own type.
    pub fn of_type(name: Value, ty: &'static crate::types::UserType) -> Gc<ClassObject> {
        heap::new(ClassObject { header: Header::blank(), name, user_type: Some(ty) })
    }
}
