//! Random programs that end: functions call only earlier ones, loops count down. What they compute is printed; what they
//! throw is caught and printed too.

use super::random::Random;
use std::fmt::Write;

/// What an expression is meant to give; now and then it gives something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Int,
    Real,
    Bool,
    Text,
    Vector,
    Map,
    Any,
}
use Kind::*;

const KINDS: [Kind; 6] = [Int, Real, Bool, Text, Vector, Map];

/// C++ that the programs call.
pub const CPP: &str = r#"(cpp/raw "
#include <stdexcept>
#include <string>
struct FzPair { int a; double b; int sum() const { return a + (b > -1e9 && b < 1e9 ? (int)b : 0); } FzPair(int a, double b) : a(a), b(b) {} };
int fz_add(int a, int b) { return (int)((unsigned)a + (unsigned)b); }
long long fz_wide(long long a) { return (long long)((unsigned long long)a * 3u); }
double fz_half(double x) { return x * 0.5; }
bool fz_even(long long x) { return x % 2 == 0; }
int fz_throws(int x) { if (x % 3 == 0) throw std::runtime_error(\"three\"); return x; }
std::string fz_text(int x) { return \"t\" + std::to_string(x); }
int fz_counter() { static int n = 0; return ++n; }
unsigned char fz_byte(unsigned char x) { return (unsigned char)(x + 1); }
float fz_float(float x) { return x + 0.25f; }
")
"#;

/// Types, protocols and multimethods that the programs use. A `Cell` never leaves the call it is made for: its text is its address.
const TYPES: &str = r#"(require 'clojure.string)
(defprotocol Sized (sized [x] [x n]))
(defrecord Box [item n] Sized (sized [_] n) (sized [_ m] (+ n m)))
(deftype Cell [^:unsynchronized-mutable v] Sized (sized [_] v) (sized [_ n] (set! v n) v))
(extend-protocol Sized
  nil (sized ([_] 0) ([_ n] n))
  Object (sized ([_] -1) ([x n] n))
  Long (sized ([x] x) ([x n] (+ x n)))
  clojure.lang.IPersistentVector (sized ([v] (count v)) ([v n] (nth v n 0))))
(defmulti sort-of (fn [x] (cond (nil? x) :nil (number? x) :number (coll? x) :coll :else :other)))
(defmethod sort-of :nil [_] 0)
(defmethod sort-of :number [x] x)
(defmethod sort-of :coll [x] (count (take 9 x)))
(defmethod sort-of :default [_] 9)
"#;

struct Maker<'r> {
    random: &'r mut Random,
    /// Names in scope and what they hold.
    scope: Vec<(String, Kind)>,
    /// Functions there are: name and kinds of arguments, result.
    functions: Vec<(String, Vec<Kind>, Kind)>,
    names: usize,
    /// Inside a loop: its variables, where a `recur` may stand.
    budget: usize,
}

/// A program of `count` functions, each called a few times so that feedback settles and counters run out.
pub fn program(random: &mut Random, count: usize) -> String {
    let mut m = Maker { random, scope: Vec::new(), functions: Vec::new(), names: 0, budget: 0 };
    let mut text = String::from(CPP);
    text.push_str(TYPES);
    text.push_str("(def counter (atom 0))\n(def ^:dynamic *dynamic* 1)\n");
    for i in 0..count {
        m.function(&mut text, i);
    }
    text
}

impl Maker<'_> {
    fn kind(&mut self) -> Kind {
        KINDS[self.random.below(KINDS.len())]
    }
    fn name(&mut self) -> String {
        self.names += 1;
        format!("v{}", self.names)
    }

    fn function(&mut self, text: &mut String, i: usize) {
        let name = format!("f{i}");
        let kinds: Vec<Kind> = (0..self.random.below(4)).map(|_| self.kind()).collect();
        let result = self.kind();
        let params: Vec<String> = kinds.iter().map(|_| self.name()).collect();
        self.scope = params.iter().cloned().zip(kinds.iter().copied()).collect();
        self.budget = 60;
        let body = self.expr(result, 5);
        let _ = writeln!(text, "(defn {name} [{}]\n  {body})", params.join(" "));
        self.scope.clear();
        for _ in 0..3 {
            self.budget = 8;
            let args: Vec<String> = kinds.iter().map(|k| self.literal(*k)).collect();
            // The same call several times: the counters run out between the first and the last.
            let call = format!("({name} {})", args.join(" "));
            let _ = writeln!(
                text,
                "(dotimes [_ 4] (prn '{name} (try {call} (catch cpp/std.exception e [:cpp (.what e)]) (catch Throwable e [:error (str (class e)) (ex-message e)]))))"
            );
        }
        self.functions.push((name, kinds, result));
    }

    fn literal(&mut self, kind: Kind) -> String {
        match kind {
            Int => match self.random.below(8) {
                0 => self
                    .random
                    .pick(&[
                        "9223372036854775807",
                        "-9223372036854775808",
                        "1152921504606846975",
                        "-1152921504606846976",
                        "1152921504606846976",
                        "4294967296",
                        "2147483647",
                    ])
                    .to_owned(),
                1 => "0".to_owned(),
                _ => (self.random.below(41) as i64 - 20).to_string(),
            },
            Real => self
                .random
                .pick(&["0.0", "-0.0", "1.5", "-2.25", "1e300", "1e-300", "##Inf", "##NaN", "3.0", "0.1", "1e19"])
                .to_owned(),
            Bool => self.random.pick(&["true", "false", "nil"]).to_owned(),
            Text => self.random.pick(&["\"\"", "\"a\"", "\"xyz\"", "\"é😀\""]).to_owned(),
            Vector => self
                .random
                .pick(&["[]", "[1 2 3]", "[1.5 nil :k]", "(range 5)", "'(3 2 1)", "[[1 2] [3 4]]", "nil"])
                .to_owned(),
            Map => self.random.pick(&["{}", "{:a 1 :b 2.5}", "{:a {:b 3}}", "{1 2 3 4}", "nil", "{:a nil}"]).to_owned(),
            Any => {
                let k = self.kind();
                self.literal(k)
            }
        }
    }

    fn leaf(&mut self, kind: Kind) -> String {
        // Something else than is wanted, now and then: errors must be the same too.
        let wrong = self.random.once_in(25);
        self.named(kind).unwrap_or_else(|| self.literal(if wrong { Any } else { kind }))
    }

    /// A name in scope that holds such a value, most of the time.
    fn named(&mut self, kind: Kind) -> Option<String> {
        let fitting: Vec<String> =
            self.scope.iter().filter(|(_, k)| *k == kind || kind == Any).map(|(n, _)| n.clone()).collect();
        (!fitting.is_empty() && !self.random.once_in(3)).then(|| fitting[self.random.below(fitting.len())].clone())
    }

    /// An argument of a C++ call. A literal there has a type that the compiler sees, and one that does not fit is an error of the
    /// whole program: so a literal fits every parameter, while what a name or a form gives may be anything.
    fn argument(&mut self, kind: Kind, depth: usize) -> String {
        let text = match depth > 0 && self.budget > 0 {
            true => self.expr(kind, depth),
            false => self.named(kind).unwrap_or_default(),
        };
        match text.starts_with('(') || self.scope.iter().any(|(name, _)| *name == text) {
            true => text,
            false if kind == Real => self.random.pick(&["0.0", "-0.0", "1.5", "-2.25", "3.0"]).to_owned(),
            false => self.random.below(41).to_string(),
        }
    }

    fn expr(&mut self, kind: Kind, depth: usize) -> String {
        if depth == 0 || self.budget == 0 {
            return self.leaf(kind);
        }
        self.budget -= 1;
        let d = depth - 1;
        match self.random.below(14) {
            0 => {
                let (c, a, b) = (self.expr(Bool, d), self.expr(kind, d), self.expr(kind, d));
                format!("(if {c} {a} {b})")
            }
            1 | 2 => self.bind(kind, d),
            3 => self.counted(kind, d),
            4 => self.attempt(kind, d),
            5 => self.call(kind, d),
            6 => self.closure(kind, d),
            7 => {
                let (a, b) = (self.effect(d), self.expr(kind, d));
                format!("(do {a} {b})")
            }
            8 if self.random.once_in(2) => {
                let (c, a, t, b) = (self.expr(Int, d), self.expr(kind, d), self.expr(kind, d), self.expr(kind, d));
                format!("(case {c} 1 {a} (2 3 \"a\" :k) {t} {b})")
            }
            9 if self.random.once_in(2) => {
                let (v, b) = (self.expr(Int, d), self.expr(kind, d));
                format!("(binding [*dynamic* {v}] {b})")
            }
            10 if self.random.once_in(2) => self.library(kind, d),
            _ => self.operate(kind, d),
        }
    }

    /// Types, arrays, transducers, strings: what the library and the program's own types do.
    fn library(&mut self, kind: Kind, d: usize) -> String {
        let (n, x) = (self.expr(Int, d), self.expr(Any, d));
        match (kind, self.random.below(8)) {
            (Int, 0) => format!("(sized {x})"),
            (Int, 1) => format!("(sized {x} {n})"),
            (Int, 2) => format!("(sort-of {x})"),
            (Int, 3) => format!("(sized (->Cell {x}) {n})"),
            (Int, 4) => format!("(let [a (long-array 4 3)] (aset a 1 (long {n})) (areduce a i s 0 (+ s (aget a i))))"),
            (Int, 5) => {
                format!("(letfn [(g [n] (if (pos? n) (h (dec n)) {n})) (h [n] (if (pos? n) (g (dec n)) {n}))] (g 5))")
            }
            (Int, 6) => format!("(:n (->Box {x} {n}))"),
            (Int, _) => format!("(sized (->Box {x} 1) {n})"),
            (Vector, 0) => {
                let v = self.expr(Vector, d);
                format!("(into [] (comp (remove nil?) (map (fn [y] [y {x}])) (take 4)) {v})")
            }
            (Vector, 1) => {
                let v = self.expr(Vector, d);
                format!("(mapv sort-of (take 6 {v}))")
            }
            (Vector, 2) => {
                let v = self.expr(Vector, d);
                format!("(partition-all 2 (take 7 {v}))")
            }
            (Vector, 3) => {
                let v = self.expr(Vector, d);
                format!("(vec (double-array (filter number? (take 5 {v}))))")
            }
            (Vector, _) => {
                let v = self.expr(Vector, d);
                format!("(reductions sized {n} (filter int? (take 6 {v})))")
            }
            (Map, 0) => format!("(->Box {x} {n})"),
            (Map, 1) => format!("(assoc (->Box {n} {n}) :item {x})"),
            (Map, 2) => {
                let v = self.expr(Vector, d);
                format!("(group-by nil? (take 6 {v}))")
            }
            (Map, _) => {
                let m = self.expr(Map, d);
                format!("(update {m} :a (fnil identity {n}))")
            }
            (Text, 0) => {
                let v = self.expr(Vector, d);
                format!("(clojure.string/join \",\" (take 5 {v}))")
            }
            (Text, 1) => {
                let s = self.expr(Text, d);
                format!("(clojure.string/replace {s} #\"[a-cx]\" \"<$0>\")")
            }
            (Text, 2) => format!("(format \"%5d|%s\" {n} {x})"),
            (Text, _) => {
                let s = self.expr(Text, d);
                format!("(clojure.string/upper-case {s})")
            }
            (Bool, _) => format!("(satisfies? Sized {x})"),
            _ => self.operate(kind, d),
        }
    }

    fn scoped(&mut self, names: &[(String, Kind)], f: impl FnOnce(&mut Self) -> String) -> String {
        let n = self.scope.len();
        self.scope.extend_from_slice(names);
        let text = f(self);
        self.scope.truncate(n);
        text
    }

    fn bind(&mut self, kind: Kind, d: usize) -> String {
        if self.random.once_in(4) {
            let (a, b, all) = (self.name(), self.name(), self.name());
            let v = self.expr(Vector, d);
            let names = [(a.clone(), Int), (b.clone(), Vector), (all.clone(), Vector)];
            let body = self.scoped(&names, |m| m.expr(kind, d));
            return format!("(let [[{a} & {b} :as {all}] {v}] {body})");
        }
        if self.random.once_in(5) {
            let (a, n) = (self.name(), self.name());
            let v = self.expr(Map, d);
            let names = [(a.clone(), Int), (n.clone(), Map)];
            let body = self.scoped(&names, |m| m.expr(kind, d));
            return format!("(let [{{{a} :a :or {{{a} 7}} :as {n}}} {v}] {body})");
        }
        let (k, name) = (self.kind(), self.name());
        let v = self.expr(k, d);
        let body = self.scoped(&[(name.clone(), k)], |m| m.expr(kind, d));
        format!("(let [{name} {v}] {body})")
    }

    fn counted(&mut self, kind: Kind, d: usize) -> String {
        let (i, acc) = (self.name(), self.name());
        let start = self.expr(kind, d);
        let turns = 1 + self.random.below(30);
        let step = self.scoped(&[(i.clone(), Int), (acc.clone(), kind)], |m| m.expr(kind, d));
        // The accumulator must not grow without bound.
        let step = match kind {
            Text => format!("(let [s {step}] (if (and (string? s) (< (count s) 40)) s \"long\"))"),
            Vector => format!("(let [s {step}] (if (and (coll? s) (< (count (take 50 s)) 40)) s [0]))"),
            Map => format!("(let [s {step}] (if (and (coll? s) (< (count (take 50 s)) 20)) s {{}}))"),
            _ => step,
        };
        format!("(loop [{i} {turns} {acc} {start}] (if (pos? {i}) (recur (dec {i}) {step}) {acc}))")
    }

    fn attempt(&mut self, kind: Kind, d: usize) -> String {
        let body = match self.random.below(3) {
            0 => {
                let (c, v, b) = (self.expr(Bool, d), self.expr(Any, d), self.expr(kind, d));
                format!("(if {c} (throw (ex-info \"thrown\" {{:v {v}}})) {b})")
            }
            _ => self.expr(kind, d),
        };
        let handler = self.expr(kind, d);
        let last = if self.random.once_in(2) { "(finally (swap! counter + 1))" } else { "" };
        match self.random.below(3) {
            0 => format!("(try {body} (catch ArithmeticException e {handler}) {last})"),
            1 => format!("(try {body} (catch cpp/std.exception e {handler}) (catch Exception e {handler}) {last})"),
            _ => format!("(try {body} (catch Throwable e {handler}) {last})"),
        }
    }

    fn call(&mut self, kind: Kind, d: usize) -> String {
        let fitting: Vec<(String, Vec<Kind>)> =
            self.functions.iter().filter(|f| f.2 == kind).map(|f| (f.0.clone(), f.1.clone())).collect();
        if fitting.is_empty() {
            return self.operate(kind, d);
        }
        let (name, kinds) = fitting[self.random.below(fitting.len())].clone();
        let args: Vec<String> = kinds.iter().map(|k| self.expr(*k, d.min(2))).collect();
        match self.random.below(6) {
            0 => format!("(apply {name} [{}])", args.join(" ")),
            1 if args.is_empty() => format!("({name} 1)"),
            _ => format!("({name} {})", args.join(" ")),
        }
    }

    fn closure(&mut self, kind: Kind, d: usize) -> String {
        let (k, p) = (self.kind(), self.name());
        let body = self.scoped(&[(p.clone(), k)], |m| m.expr(kind, d));
        let arg = self.expr(k, d);
        match (self.random.below(5), kind) {
            (0, Vector) => {
                let v = self.expr(Vector, d);
                format!("(mapv (fn [{p}] {body}) (take 8 {v}))")
            }
            (1, _) => format!("((fn ([] nil) ([{p}] {body}) ([a & more] more)) {arg})"),
            (2, _) => format!("(let [f (fn [{p}] {body})] (f {arg}) (f {arg}))"),
            (3, Vector) => format!("(vec (for [{p} (take 5 {arg})] {body}))"),
            _ => format!("((fn [{p}] {body}) {arg})"),
        }
    }

    fn effect(&mut self, d: usize) -> String {
        let v = self.expr(Int, d);
        match self.random.below(3) {
            0 => "(swap! counter inc)".to_owned(),
            1 => format!("(reset! counter (let [n {v}] (if (int? n) (rem n 1000) 0)))"),
            _ => "(cpp/fz_counter)".to_owned(),
        }
    }

    fn operate(&mut self, kind: Kind, d: usize) -> String {
        let two = |m: &mut Self, ops: &[&str], k: Kind| {
            let op = m.random.pick(ops).to_owned();
            let (a, b) = (m.expr(k, d), m.expr(k, d));
            format!("({op} {a} {b})")
        };
        let one = |m: &mut Self, ops: &[&str], k: Kind| {
            let op = m.random.pick(ops).to_owned();
            let a = m.expr(k, d);
            format!("({op} {a})")
        };
        let number = if self.random.once_in(3) { Real } else { Int };
        match kind {
            Int => match self.random.below(9) {
                0 | 1 => two(self, &["+", "-", "*", "unchecked-add", "unchecked-multiply", "max", "min"], Int),
                2 => two(self, &["quot", "rem", "mod", "bit-and", "bit-or", "bit-xor", "+'", "*'", "-'"], Int),
                3 => one(self, &["inc", "dec", "-", "bit-not", "long", "unchecked-inc", "abs"], Int),
                4 => one(self, &["count", "hash"], Text).replace("(hash", "(count"),
                5 => {
                    let a = self.expr(Vector, d);
                    format!("(reduce + 0 (filter int? (take 9 {a})))")
                }
                6 => {
                    let (v, i) = (self.expr(Vector, d), self.expr(Int, 1));
                    format!("(nth {v} {i} 5)")
                }
                7 => self.cpp(Int, d),
                _ => {
                    let (a, b) = (self.expr(Int, d), self.random.below(70));
                    let op = self.random.pick(&["bit-shift-left", "bit-shift-right", "unsigned-bit-shift-right"]);
                    format!("({op} {a} {b})")
                }
            },
            Real => match self.random.below(5) {
                0 | 1 => two(self, &["+", "-", "*", "/", "max", "min"], number),
                2 => one(self, &["double", "inc", "-", "Math/sqrt", "Math/floor", "abs"], number),
                3 => self.cpp(Real, d),
                _ => two(self, &["+", "*", "/"], Real),
            },
            Bool => match self.random.below(6) {
                0 | 1 => two(self, &["<", ">", "<=", ">=", "==", "="], number),
                2 => two(self, &["=", "identical?", "not="], Any).replace("identical?", "="),
                3 => one(
                    self,
                    &[
                        "not", "nil?", "some?", "number?", "string?", "vector?", "map?", "int?", "float?", "true?",
                        "boolean",
                    ],
                    Any,
                ),
                4 => two(self, &["and", "or"], Bool),
                _ => one(self, &["zero?", "pos?", "neg?", "even?", "odd?"], number),
            },
            Text => match self.random.below(4) {
                0 => two(self, &["str"], Any),
                1 => one(self, &["pr-str", "str"], Any),
                2 => self.cpp(Text, d),
                _ => {
                    let (s, i) = (self.expr(Text, d), self.expr(Int, 1));
                    format!("(subs {s} {i})")
                }
            },
            Vector => match self.random.below(6) {
                0 => two(self, &["conj"], Vector),
                1 => {
                    let (v, x) = (self.expr(Vector, d), self.expr(Any, d));
                    format!("(conj {v} {x})")
                }
                2 => {
                    let (a, b) = (self.expr(Any, d), self.expr(Any, d));
                    format!("[{a} {b}]")
                }
                3 => {
                    let (v, i, x) = (self.expr(Vector, d), self.expr(Int, 1), self.expr(Any, d));
                    format!("(assoc (vec {v}) {i} {x})")
                }
                4 => one(self, &["rest", "next", "vec", "seq", "reverse"], Vector),
                _ => one(self, &["keys", "vals", "vec"], Map),
            },
            Map => match self.random.below(4) {
                0 => {
                    let (m, k, x) = (self.expr(Map, d), self.expr(Any, 1), self.expr(Any, d));
                    format!("(assoc {m} {k} {x})")
                }
                1 => {
                    let (m, k) = (self.expr(Map, d), self.expr(Any, 1));
                    format!("(dissoc {m} {k})")
                }
                2 => two(self, &["merge"], Map),
                _ => {
                    let x = self.expr(Any, d);
                    format!("{{:a {x}}}")
                }
            },
            Any => {
                let (k, m) = (self.kind(), self.random.below(4));
                match m {
                    0 => {
                        let m = self.expr(Map, d);
                        format!("(:a {m})")
                    }
                    1 => {
                        let (m, key) = (self.expr(Map, d), self.expr(Any, 1));
                        format!("(get {m} {key} :none)")
                    }
                    2 => "@counter".to_owned(),
                    _ => self.expr(k, d),
                }
            }
        }
    }

    fn cpp(&mut self, kind: Kind, d: usize) -> String {
        let a = self.argument(if kind == Real { Real } else { Int }, d);
        match (kind, self.random.below(7)) {
            (Int, 0) => {
                let b = self.argument(Int, d);
                format!("(cpp/fz_add {a} {b})")
            }
            (Int, 1) => format!("(cpp/fz_wide {a})"),
            (Int, 2) => format!("(cpp/fz_throws {a})"),
            (Int, 3) => {
                let b = self.argument(Real, d);
                format!("(.sum (cpp/FzPair {a} {b}))")
            }
            (Int, 4) => format!("(let [p (cpp/FzPair {a} 2.5)] (+ (.-a p) (.-a p)))"),
            (Int, 5) => format!("(cpp/fz_byte {a})"),
            (Int, _) => format!("(if (cpp/fz_even {a}) 1 2)"),
            (Real, 0) => format!("(cpp/fz_float {a})"),
            (Real, _) => format!("(cpp/fz_half {a})"),
            _ => format!("(cpp/fz_text {a})"),
        }
    }
}
