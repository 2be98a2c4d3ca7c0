//! Collections and a program's own conversions, through `rung::convert<T>`.

mod common;

use common::*;
use engine::coll;
use engine::host::CppHost;
use engine::value::Value;

const TEXT: &str = r#"
#include <array>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>
#include <rung/rung.hpp>
namespace cv {
std::vector<int> iota(int n) { std::vector<int> v; for (int i = 0; i < n; ++i) v.push_back(i); return v; }
int sum(const std::vector<int> &v) { int n = 0; for (int x : v) n += x; return n; }
std::map<std::string, std::vector<double>> table() { return {{"a", {1, 2}}, {"b", {}}}; }
unsigned long entries(std::unordered_map<std::string, int> m) { return m.size() * 100 + m["x"]; }
std::set<long> unique(std::vector<long> v) { return {v.begin(), v.end()}; }
std::optional<int> half(std::optional<int> n) { if (!n || *n % 2) return {}; return *n / 2; }
std::variant<int, double, std::string> same(std::variant<int, double, std::string> v) { return v; }
std::tuple<int, std::string, bool> triple(std::pair<int, std::string> p) { return {p.first, p.second, true}; }
int three(std::array<int, 3> a) { return a[0] * 100 + a[1] * 10 + a[2]; }
std::vector<bool> bits() { return {true, false}; }
struct Vec3 { double x, y, z; };
Vec3 cross(Vec3 a, Vec3 b) { return {a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x}; }
std::vector<Vec3> two() { return {{1, 2, 3}, {4, 5, 6}}; }
struct Plain { int n; };
int read(Plain p) { return p.n; }
rung::root<> held;
void hold(rung::root<> v) { held = v; }
rung::root<> give() { return held; }
}
template <> struct rung::convert<cv::Vec3> {
  static rung::word to_value(const cv::Vec3 &v) {
    rung::row r;
    for (double d : {v.x, v.y, v.z}) r.add(rung::convert<double>::to_value(d));
    return r.end('v');
  }
  static cv::Vec3 from_value(rung::word w) {
    rung::row r(w, "cv::Vec3");
    r.wants(3, "cv::Vec3");
    return {rung::convert<double>::from_value(r[0]), rung::convert<double>::from_value(r[1]), rung::convert<double>::from_value(r[2])};
  }
};
"#;

fn declare() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| raw(TEXT));
}

fn call(name: &str, args: &[Value]) -> Value {
    declare();
    function(name, args.len()).call(args).unwrap_or_else(|_| panic!("{name}: {:?}", error()))
}

fn equal(a: Value, b: Value) {
    assert_eq!(coll::equal(a, b), Ok(true), "{a:?} {b:?}");
}

fn v(items: &[Value]) -> Value {
    coll::vector(items)
}

#[test]
fn collections_go_there_and_back() {
    let ints = |n: i64| (0..n).map(int).collect::<engine::heap::GcVec>();
    equal(call("cv::iota", &[int(5)]), v(&ints(5)));
    assert_eq!(call("cv::sum", &[v(&ints(1000))]), int(499_500));
    assert_eq!(call("cv::sum", &[coll::list(&ints(10))]), int(45));
    assert_eq!(call("cv::sum", &[Value::NIL]), int(0));
    let d = Value::double;
    let table = coll::map(&[text("a"), v(&[d(1.0), d(2.0)]), text("b"), v(&[])]).unwrap();
    equal(call("cv::table", &[]), table);
    let m = coll::map(&[text("x"), int(7), text("y"), int(8)]).unwrap();
    assert_eq!(call("cv::entries", &[m]), int(207));
    equal(call("cv::unique", &[v(&[int(3), int(1), int(3)])]), coll::set(&[int(1), int(3)]).unwrap());
    assert_eq!(call("cv::half", &[int(8)]), int(4));
    assert_eq!(call("cv::half", &[Value::NIL]), Value::NIL);
    assert_eq!(call("cv::same", &[int(3)]), int(3));
    assert_eq!(call("cv::same", &[d(0.5)]), d(0.5));
    assert_eq!(str_of(call("cv::same", &[text("t")])), "t");
    equal(call("cv::triple", &[v(&[int(1), text("one")])]), v(&[int(1), text("one"), Value::TRUE]));
    assert_eq!(call("cv::three", &[v(&[int(1), int(2), int(3)])]), int(123));
    equal(call("cv::bits", &[]), v(&[Value::TRUE, Value::FALSE]));
}

#[test]
fn what_does_not_convert_is_an_error() {
    declare();
    let fails = |name: &str, x: Value| {
        assert!(function(name, 1).call(&[x]).is_err(), "{name}");
        error()
    };
    assert_eq!(fails("cv::sum", v(&[int(1), text("x")])).0, "cpp/conversion");
    assert_eq!(fails("cv::sum", v(&[int(1 << 40)])).0, "cpp/range");
    assert_eq!(fails("cv::sum", int(1)).0, "cpp/conversion");
    assert_eq!(
        fails("cv::three", v(&[int(1)])),
        ("cpp/conversion".into(), "1 items, but std::array<int, 3> takes 3".into())
    );
    let (code, message) = fails("cv::read", v(&[int(1)]));
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("cpp/conversion", "a clojure.lang.PersistentVector cannot be converted to the C++ type cv::Plain")
    );
}

#[test]
fn a_type_of_the_program_converts_as_it_says() {
    let d = Value::double;
    let vec3 = |x: f64, y: f64, z: f64| v(&[d(x), d(y), d(z)]);
    equal(call("cv::cross", &[vec3(1.0, 0.0, 0.0), vec3(0.0, 1.0, 0.0)]), vec3(0.0, 0.0, 1.0));
    equal(call("cv::two", &[]), v(&[vec3(1.0, 2.0, 3.0), vec3(4.0, 5.0, 6.0)]));
    let converts = |t: &str| host().converts(&ty(t));
    for t in ["cv::Vec3", "std::vector<cv::Vec3>", "int", "std::string", "std::map<int, std::optional<std::string>>"] {
        assert!(converts(t), "{t}");
    }
    for t in ["cv::Plain", "std::vector<cv::Plain>", "std::shared_ptr<int>"] {
        assert!(!converts(t), "{t}");
    }
}

#[test]
fn cpp_keeps_any_value() {
    call("cv::hold", &[v(&[int(1), text("two")])]);
    for _ in 0..3 {
        engine::heap::collect_now();
    }
    let garbage: Vec<String> = (0..1000).map(|i| str_of(text(&format!("garbage {i}")))).collect();
    assert_eq!(garbage.len(), 1000);
    equal(call("cv::give", &[]), v(&[int(1), text("two")]));
    call("cv::hold", &[Value::NIL]);
    assert_eq!(call("cv::give", &[]), Value::NIL);
}
