//! clojure.core and friends through the whole language: every definition can be made, and what expressions give is what
//! Clojure on the JVM gives (`engine/fixtures/library.tsv`, written by `library.clj` beside it).

use crate::lang::setup;
use engine::fault::Throwable;
use engine::space::{find_or_create, load, resolve, set_current};
use engine::text::Symbol;
use engine::thread::Thread;

fn error() -> String {
    let e = Thread::current().take_pending();
    match e.cast::<Throwable>() {
        Some(t) => format!("{}: {}", t.class().name(), t.message_text()),
        None => format!("{e:?}"),
    }
}

/// The simple name of the class of what was thrown; a compiler's wrapping taken off.
fn error_class() -> String {
    let mut t = Thread::current().take_pending().cast::<Throwable>().unwrap();
    while let Some(cause) = t.cause.cast::<Throwable>() {
        t = cause;
    }
    t.class().name().rsplit(['.', '$']).next().unwrap().to_owned()
}

/// Deep recursion of the evaluator in an unoptimised build wants more than a test thread's two megabytes.
fn on_a_large_stack(f: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(64 << 20).spawn(f).unwrap().join().unwrap();
}

#[test]
fn every_definition_can_be_made() {
    on_a_large_stack(|| {
        setup();
        for ns in [
            "clojure.core",
            "clojure.string",
            "clojure.set",
            "clojure.walk",
            "clojure.edn",
            "clojure.math",
            "clojure.java.io",
        ] {
            let names = resolve::library_names(ns);
            assert!(!names.is_empty(), "{ns}");
            for name in names {
                match resolve::own(find_or_create(ns), Symbol::intern(None, name)) {
                    Ok(Some(_)) => {}
                    Ok(None) => panic!("{ns}/{name} is not there"),
                    Err(_) => panic!("{ns}/{name}: {}", error()),
                }
            }
        }
    });
}

#[test]
fn expressions_give_what_the_jvm_gives() {
    on_a_large_stack(|| {
        setup();
        let mut wrong = Vec::new();
        for row in include_str!("../../../engine/fixtures/library.tsv").lines() {
            let (text, wanted) = row.split_once('\t').unwrap();
            set_current(find_or_create("library-test"));
            let got = match load::eval_text(text, "library.txt", 1).and_then(engine::print::pr_str) {
                Ok(s) => s,
                Err(_) if wanted.starts_with('!') => format!("!{}", error_class()),
                Err(_) => error(),
            };
            // The JVM says RuntimeException of names that cannot be resolved, as the cause of a CompilerException.
            let unresolved = wanted == "!RuntimeException" && got == "!CompilerException";
            if got != wanted && !unresolved {
                wrong.push(format!("{text}\n  wanted {wanted}\n  got    {got}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    });
}
