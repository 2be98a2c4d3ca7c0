//! What a name may become: as data for programs, C++ by prefix, alias, class and macro; the language's own names.

use crate::process::feed;

const SETUP: &str = "(cpp/raw \"#include <vector>
namespace my { struct S { int width; int wide() const; static int wider(); private: int wicked; };
struct T : S { int wideness; }; int width_of(S s, int n = 2); template <class X> X widen(X); enum W { WA, WB }; }
#define MY_WIDTH(a, b) a + b
#define MY_W 3\")
(defn found [& args] (mapv (juxt :text :kind :signature) (apply rung/complete args)))
";

fn check(form: &str, expected: &str) {
    let done = feed(&[], &format!("{SETUP}{form}\n"));
    let last = done.out.lines().last().unwrap_or_default();
    assert_eq!(last, expected, "{form}: {}", done.err);
}

#[test]
fn names_of_a_namespace_with_signatures() {
    check(
        "(found \"cpp/my.wi\")",
        "[[\"cpp/my.widen\" \"function\" \"template <class X> X my::widen(X)\"] [\"cpp/my.width_of\" \"function\" \"int my::width_of(S s, int n = 2)\"]]",
    );
    check(
        "(found \"cpp/my.W\")",
        "[[\"cpp/my.W\" \"type\" \"\"] [\"cpp/my.WA\" \"constant\" \"my::W\"] [\"cpp/my.WB\" \"constant\" \"my::W\"]]",
    );
    check("(some #{\"cpp/std.vector\"} (map :text (rung/complete \"cpp/std.vec\")))", "\"cpp/std.vector\"");
    check("(found \"cpp/my\")", "[[\"cpp/my\" \"namespace\" \"\"]]");
    check("(found \"cpp/no.such.name\")", "[]");
    check("(found \"cpp/((\")", "[]");
}

#[test]
fn members_of_a_class() {
    check(
        "(found \".wi\" \"my::S\")",
        "[[\".wide\" \"method\" \"int my::S::wide() const\"] [\".wider\" \"function\" \"static int my::S::wider()\"]]",
    );
    check("(found \".-wi\" \"const my.T*\")", "[[\".-wideness\" \"field\" \"int\"] [\".-width\" \"field\" \"int\"]]");
    check("(map :text (rung/complete \".push\" \"std::vector<int>\"))", "(\".push_back\" \".push_back\")");
    check("(map :text (rung/complete \".wide\" (cpp/box (cpp/new cpp/my.S))))", "(\".wide\" \".wider\")");
    check("(map :text (rung/complete \"cpp/my.S.wid\"))", "(\"cpp/my.S.wide\" \"cpp/my.S.wider\" \"cpp/my.S.width\")");
    check("(found \".anything\")", "[]");
}

#[test]
fn macros_and_aliases_of_headers() {
    check(
        "(found \"cpp/MY_\")",
        "[[\"cpp/MY_W\" \"macro\" \"MY_W 3\"] [\"cpp/MY_WIDTH\" \"macro\" \"MY_WIDTH(a, b)\"]]",
    );
    check(
        "(require '[\"sqlite3.h\" :as sq :scope \"\"]) (found \"sq/sqlite3_open1\")",
        "[[\"sq/sqlite3_open16\" \"function\" \"int sqlite3_open16(const void *filename, sqlite3 **ppDb)\"]]",
    );
    check(
        "(require '[\"sqlite3.h\" :as sq :scope \"\"]) (map :text (rung/complete \"sq/SQLITE_OPEN_READO\"))",
        "(\"sq/SQLITE_OPEN_READONLY\")",
    );
    // Only what the header itself has.
    check("(require '[\"sqlite3.h\" :as sq :scope \"\"]) (map :text (rung/complete \"sq/print\"))", "()");
}

#[test]
fn names_of_the_language() {
    check("(map :text (rung/complete \"reduced\"))", "(\"reduced\" \"reduced?\")");
    check("(require '[clojure.string :as s]) (map :text (rung/complete \"s/up\"))", "(\"s/upper-case\")");
    check("(defn my-own-name [] 1) (found \"my-own\")", "[[\"my-own-name\" \"var\" \"\"]]");
    check("(map :text (rung/complete \"clojure.stri\"))", "(\"clojure.string\")");
}
