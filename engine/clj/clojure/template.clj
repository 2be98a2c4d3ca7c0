;; clojure.template: an expression repeated with other names. Written from the documentation.
(ns clojure.template)

(defn apply-template
  "expr with the names of argv replaced by values."
  [argv expr values]
  (assert (vector? argv))
  (assert (every? symbol? argv))
  (clojure.walk/postwalk-replace (zipmap argv values) expr))

(defmacro do-template
  "Evaluates expr once for each group of values in the place of the names."
  [argv expr & values]
  (let [n (count argv)]
    `(do ~@(map (fn [group] (with-meta (apply-template argv expr group) (meta expr)))
                (partition n values)))))
