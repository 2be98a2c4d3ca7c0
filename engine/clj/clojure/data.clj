;; clojure.data: what two values have apart and in common. Written from the documentation.
(ns clojure.data)

(defprotocol EqualityPartition
  "Which values can be compared in parts with each other."
  (equality-partition [x] "What x is compared as: :atom :sequential :set or :map."))

(extend-protocol EqualityPartition
  nil (equality-partition [x] :atom)
  Object (equality-partition [x] (if (array? x) :sequential :atom))
  java.util.Set (equality-partition [x] :set)
  java.util.List (equality-partition [x] :sequential)
  java.util.Map (equality-partition [x] :map))

(defprotocol Diff
  "Comparing values of one partition."
  (diff-similar [a b] "[only in a, only in b, in both]"))

(extend-protocol Diff
  nil (diff-similar [a b] (atom-diff a b))
  Object (diff-similar [a b]
           (if (array? a) (diff-similar (vec a) (vec b)) (atom-diff a b)))
  java.util.Set (diff-similar [a b]
                  [(not-empty (clojure.set/difference (set a) b))
                   (not-empty (clojure.set/difference (set b) a))
                   (not-empty (clojure.set/intersection (set a) (set b)))])
  java.util.List (diff-similar [a b]
                   (let [a (vec a) b (vec b)]
                     (vec (map vectorize (diff-maps a b (range (max (count a) (count b))))))))
  java.util.Map (diff-similar [a b] (diff-maps a b (clojure.set/union (set (keys a)) (set (keys b))))))

(defn atom-diff "Values that have no parts." [a b] (if (= a b) [nil nil a] [a b nil]))

(defn vectorize "A vector with the values of a map from indices." [m]
  (when (seq m)
    (reduce (fn [v [i x]] (assoc v i x)) (vec (repeat (inc (apply max (keys m))) nil)) m)))

(defn diff-key "Of one key of two maps." [a b k]
  (let [va (get a k) vb (get b k)
        [only-a only-b both] (diff va vb)
        in-a (contains? a k) in-b (contains? b k)
        same (and in-a in-b (or (some? both) (and (nil? va) (nil? vb))))]
    [(when (and in-a (or (some? only-a) (not same))) {k only-a})
     (when (and in-b (or (some? only-b) (not same))) {k only-b})
     (when same {k both})]))

(defn diff-maps "Of two maps, by the keys of one or of both." [a b ks]
  (reduce (fn [all one] (doall (map merge all one))) [nil nil nil] (map (fn [k] (diff-key a b k)) ks)))

(defn diff
  "[things only in a, things only in b, things in both], compared in depth."
  [a b]
  (if (= a b)
    [nil nil a]
    (if (= (equality-partition a) (equality-partition b))
      (diff-similar a b)
      (atom-diff a b))))
