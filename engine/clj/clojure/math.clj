;; clojure.math, what of it is no function; the functions are Rust (native/math.rs).
(ns clojure.math)

(def ^{:doc "The double nearest to pi.", :const true} PI 3.141592653589793)

(def ^{:doc "The double nearest to e.", :const true} E 2.718281828459045)
