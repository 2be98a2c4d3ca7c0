;; clojure.pprint: values laid out in lines. The layout itself is the engine's (print/pretty.rs): a writer that is told of logical
;; blocks and places for newlines. Written from the documentation.
(ns clojure.pprint)

(def ^:dynamic ^{:doc "Is output laid out in lines?"} *print-pretty* true)
(def ^:dynamic ^{:doc "Columns of a line."} *print-right-margin* 72)
(def ^:dynamic ^{:doc "Columns that are left where miser style begins."} *print-miser-width* 40)
(def ^:dynamic ^{:doc "Lines at most; nil for all."} *print-lines* nil)
(def ^:dynamic ^{:doc "Shared structure is not marked."} *print-circle* nil)
(def ^:dynamic ^{:doc "Shared structure is not marked."} *print-shared* nil)
(def ^:dynamic ^{:doc "Leave namespaces of symbols out?"} *print-suppress-namespaces* nil)
(def ^:dynamic ^{:doc "Mark the radix of integers?"} *print-radix* nil)
(def ^:dynamic ^{:doc "The radix of integers."} *print-base* 10)
(def ^:dynamic ^{:doc "How deep the block at hand is."} *current-level* 0)
(def ^:dynamic ^{:doc "Items printed of the block at hand."} *current-length* nil)

(defn pretty-writer? "Does x lay out what it is told?" [x] (rung.host/pretty-writer? x))

(defn get-pretty-writer "A writer that lays out; w where it is one." [w]
  (if (pretty-writer? w) w (rung.host/pretty-writer *print-right-margin* *print-miser-width*)))

(defn pr-in-base "An integer in *print-base*, with the radix marked where *print-radix* says so." [x]
  (let [mark (when *print-radix* (case (int *print-base*) 2 "#b" 8 "#o" 10 "" 16 "#x" (str "#" *print-base* "r")))
        digits (cl-format nil (str "~" *print-base* "r") x)]
    (print (str mark digits (when (and *print-radix* (= 10 *print-base*)) ".")))))

(defn write-simple "Prints what has no parts." [x]
  (cond
    (and (integer? x) (or *print-radix* (not= 10 *print-base*))) (pr-in-base x)
    (and *print-suppress-namespaces* (symbol? x)) (print (name x))
    :else (pr x)))

(defn write-out
  "Prints an object to *out* as the dispatch function says, or plainly."
  [object]
  (if (and *print-length* *current-length* (>= *current-length* *print-length*))
    (print "...")
    (do
      (when *current-length* (set! *current-length* (inc *current-length*)))
      (if *print-pretty* (*print-pprint-dispatch* object) (write-simple object))))
  nil)

(defn laid-out
  "Calls f with *out* laying out; what it printed goes to the *out* there was."
  [f]
  (if (pretty-writer? *out*)
    (f)
    (let [w (rung.host/pretty-writer *print-right-margin* *print-miser-width*)
          done (binding [*out* w *current-level* 0 *current-length* nil] (f))
          [text column] (rung.host/pretty-text w)]
      (rung.host/write-text *out* text)
      column)))

(defn parse-block-options "Options in front of a block's body." [body]
  (loop [body body, options {}]
    (if (keyword? (first body))
      (recur (nnext body) (assoc options (first body) (second body)))
      [options body])))

(defmacro pprint-logical-block
  "Prints in a block of its own; options :prefix :per-line-prefix :suffix."
  [& args]
  (let [[{:keys [prefix per-line-prefix suffix]} body] (parse-block-options args)]
    `(do
       (if (and *print-level* (>= *current-level* *print-level*))
         (print "#")
         (binding [*current-level* (inc *current-level*)
                   *current-length* 0]
           (rung.host/pretty-start *out* ~prefix ~per-line-prefix ~suffix)
           ~@body
           (rung.host/pretty-end *out*)))
       nil)))

(defn pprint-newline "A place for a newline: :linear :miser :fill :mandatory." [kind]
  (rung.host/pretty-newline *out* kind)
  nil)

(defn pprint-indent "Sets the block's indentation, from :block or from the :current column." [relative-to n]
  (when-not (#{:block :current} relative-to) (throw (new IllegalArgumentException (str "Bad argument: " relative-to))))
  (rung.host/pretty-indent *out* relative-to n)
  nil)

(defn pprint-tab "Blanks to a column: kind :line :section :line-relative :section-relative." [kind colnum colinc]
  (rung.host/pretty-tab *out* kind colnum colinc)
  nil)

(defmacro print-length-loop
  "A loop that ends at *print-length*."
  [bindings & body]
  `(loop ~bindings ~@body))

(defn print-items "The items with places for newlines between." [items]
  (loop [s (seq items)]
    (when s
      (write-out (first s))
      (when (next s)
        (if (and *print-length* (>= *current-length* *print-length*))
          (do (print " ") (pprint-newline :linear) (print "..."))
          (do (print " ")
              (pprint-newline :linear)
              (recur (next s))))))))

(def reader-macros {'quote "'", 'clojure.core/deref "@", 'var "#'", 'clojure.core/unquote "~"})

(defn pprint-reader-macro "Prints 'x for (quote x) and its like; false where the list is none." [alis]
  (let [mark (reader-macros (first alis))]
    (if (and mark (= 2 (count alis)))
      (do (print mark)
          (write-out (second alis))
          true)
      false)))

(defn pprint-list [alis]
  (when-not (pprint-reader-macro alis)
    (pprint-logical-block :prefix "(" :suffix ")" (print-items alis))))

(defn pprint-vector [avec] (pprint-logical-block :prefix "[" :suffix "]" (print-items avec)))

(defn pprint-set [aset] (pprint-logical-block :prefix "#{" :suffix "}" (print-items aset)))

(defn common-namespace "The namespace that all keys have, where maps are printed with it." [amap]
  (when (and *print-namespace-maps* (not (record? amap)) (seq amap))
    (let [names (map (fn [k] (when (or (keyword? k) (symbol? k)) (namespace k))) (keys amap))]
      (when (and (first names) (apply = names)) (first names)))))

(defn pprint-map [amap]
  (let [ns (common-namespace amap)
        bare (if ns (fn [k] (if (keyword? k) (keyword (name k)) (symbol (name k)))) identity)]
    (pprint-logical-block :prefix (if ns (str "#:" ns "{") "{") :suffix "}"
      (loop [s (seq amap)]
        (when s
          (if (and *print-length* (>= *current-length* *print-length*))
            (print "...")
            (do
              (pprint-logical-block
                (write-out (bare (key (first s))))
                (print " ")
                (pprint-newline :linear)
                (set! *current-length* 0)
                (write-out (val (first s))))
              (set! *current-length* (inc *current-length*))
              (when (next s)
                (print ", ")
                (pprint-newline :linear)
                (recur (next s))))))))))

(defn pprint-array [arr] (pprint-logical-block :prefix "[" :suffix "]" (print-items (seq arr))))

(defn pprint-reference "A reference with what it holds." [o]
  (pprint-logical-block :prefix (str "#<" (.getSimpleName (class o)) "@" (rung.host/identity-text o) ": ") :suffix ">"
    (pprint-indent :block (- (count (.getSimpleName (class o))) 2))
    (pprint-newline :linear)
    (write-out (if (and (instance? clojure.lang.IPending o) (not (realized? o))) :pending (deref o)))))

(defmulti simple-dispatch
  "How data is printed, by class."
  class)

(defmethod simple-dispatch :default [x]
  (if (array? x) (pprint-array x) (write-simple x)))
(defmethod simple-dispatch nil [x] (print "nil"))
(defmethod simple-dispatch clojure.lang.ISeq [x] (pprint-list x))
(defmethod simple-dispatch clojure.lang.IPersistentVector [x] (pprint-vector x))
(defmethod simple-dispatch clojure.lang.IPersistentMap [x] (pprint-map x))
(defmethod simple-dispatch clojure.lang.IPersistentSet [x] (pprint-set x))
(defmethod simple-dispatch clojure.lang.PersistentQueue [x] (pprint-logical-block :prefix "<-(" :suffix ")-<" (print-items x)))
(defmethod simple-dispatch clojure.lang.Var [x] (write-simple x))
(defmethod simple-dispatch clojure.lang.IDeref [x] (pprint-reference x))

(defn code-body "What follows the head of a form, each on a line of its own." [forms]
  (doseq [f forms]
    (print " ")
    (pprint-newline :linear)
    (write-out f)))

(defn code-bindings "A vector of bindings, a pair a line." [v]
  (if (vector? v)
    (pprint-logical-block :prefix "[" :suffix "]"
      (loop [s (seq v)]
        (when s
          (pprint-logical-block
            (write-out (first s))
            (when (next s)
              (print " ")
              (pprint-newline :miser)
              (write-out (second s))))
          (when (nnext s)
            (print " ")
            (pprint-newline :linear)
            (recur (nnext s))))))
    (write-out v)))

(defn code-hold "The head, then `held` forms beside it, the rest below, indented." [alis held special]
  (pprint-logical-block :prefix "(" :suffix ")"
    (pprint-indent :block 1)
    (write-out (first alis))
    (let [[beside below] (split-at held (rest alis))]
      (doseq [f beside]
        (print " ")
        (pprint-newline :miser)
        (special f))
      (code-body below))))

(defn code-cond "cond: pairs of test and value." [alis]
  (pprint-logical-block :prefix "(" :suffix ")"
    (pprint-indent :block 1)
    (write-out (first alis))
    (when (next alis)
      (print " ")
      (pprint-newline :linear)
      (loop [s (next alis)]
        (when s
          (pprint-logical-block
            (write-out (first s))
            (when (next s)
              (print " ")
              (pprint-newline :miser)
              (write-out (second s))))
          (when (nnext s)
            (print " ")
            (pprint-newline :linear)
            (recur (nnext s))))))))

(defn code-call "Any other call." [alis]
  (pprint-logical-block :prefix "(" :suffix ")"
    (pprint-indent :block 1)
    (print-items alis)))

(defn code-defn "defn: name and parameters beside the head, or an arity a line." [alis]
  (let [[head name & more] alis]
    (pprint-logical-block :prefix "(" :suffix ")"
      (pprint-indent :block 1)
      (write-out head)
      (print " ")
      (write-out name)
      (if (vector? (first more))
        (do (print " ") (write-out (first more)) (code-body (rest more)))
        (code-body more)))))

(def code-table
  {'if 1, 'if-not 1, 'when 1, 'when-not 1, 'while 1, 'case 1, 'def 1, 'defonce 1, 'locking 1, 'struct 1, 'struct-map 1,
   '-> 0, '->> 0, '.. 0, '. 0})

(defn code-list [alis]
  (when-not (pprint-reader-macro alis)
    (let [head (when (symbol? (first alis)) (symbol (name (first alis))))]
      (cond
        (#{'let 'loop 'binding 'with-open 'for 'doseq 'dotimes 'when-let 'if-let 'when-some 'if-some 'when-first 'with-local-vars} head)
        (code-hold alis 1 code-bindings)
        (#{'defn 'defn- 'defmacro 'fn} head) (if (symbol? (second alis)) (code-defn alis) (code-hold alis 1 write-out))
        (= 'cond head) (code-cond alis)
        (code-table head) (code-hold alis (code-table head) write-out)
        :else (code-call alis)))))

(defmulti code-dispatch
  "How code is printed, by class."
  class)

(defmethod code-dispatch :default [x] (simple-dispatch x))
(defmethod code-dispatch clojure.lang.ISeq [x] (code-list x))
(defmethod code-dispatch clojure.lang.IPersistentVector [x] (pprint-vector x))
(defmethod code-dispatch clojure.lang.IPersistentMap [x] (pprint-map x))
(defmethod code-dispatch clojure.lang.IPersistentSet [x] (pprint-set x))

(def ^:dynamic ^{:doc "The function that prints an object."} *print-pprint-dispatch* simple-dispatch)

(defn set-pprint-dispatch "Makes another function print objects." [function]
  (if (thread-bound? (var *print-pprint-dispatch*))
    (set! *print-pprint-dispatch* function)
    (alter-var-root (var *print-pprint-dispatch*) (constantly function)))
  nil)

(defmacro with-pprint-dispatch "Evaluates body with another function that prints objects." [function & body]
  `(binding [*print-pprint-dispatch* ~function] ~@body))

(defn pprint
  "Prints an object laid out, and a newline."
  ([object] (pprint object *out*))
  ([object writer]
   (binding [*out* writer]
     (binding [*print-pretty* true]
       (laid-out (fn [] (write-out object))))
     (newline))
   nil))

(defmacro pp "Prints the last value of the REPL, laid out." [] `(pprint *1))

(defn write
  "Prints an object with settings: :stream (nil for a string), :pretty :dispatch :right-margin :miser-width :base :radix :length :level
  :suppress-namespaces :readably."
  [object & kw-args]
  (let [o (apply hash-map kw-args)
        stream (get o :stream true)]
    (binding [*print-base* (:base o *print-base*)
              *print-radix* (:radix o *print-radix*)
              *print-length* (:length o *print-length*)
              *print-level* (:level o *print-level*)
              *print-pretty* (:pretty o *print-pretty*)
              *print-readably* (:readably o *print-readably*)
              *print-right-margin* (:right-margin o *print-right-margin*)
              *print-miser-width* (:miser-width o *print-miser-width*)
              *print-suppress-namespaces* (:suppress-namespaces o *print-suppress-namespaces*)
              *print-pprint-dispatch* (:dispatch o *print-pprint-dispatch*)]
      (let [print-it (fn [] (laid-out (fn [] (write-out object))))]
        (cond
          (nil? stream) (with-out-str (print-it))
          (true? stream) (do (print-it) nil)
          :else (do (binding [*out* stream] (print-it)) nil))))))

(defn fresh-line "A newline, where the line is not empty." [] (when-not (pretty-writer? *out*) (newline)) nil)

(defn cl-format
  "Common Lisp's format: writer is nil for a string, true for *out*, or a writer."
  [writer format-in & args]
  (let [text (rung.host/cl-format 0 format-in args)]
    (cond
      (nil? writer) text
      (true? writer) (do (rung.host/write-text *out* text) nil)
      (false? writer) text
      :else (do (rung.host/write-text writer text) nil))))

(defmacro formatter "A function of a writer and arguments that formats." [format-in]
  `(fn [writer# & args#] (apply cl-format writer# ~format-in args#)))

(defmacro formatter-out "A function of arguments that formats to *out*." [format-in]
  `(fn [& args#] (apply cl-format true ~format-in args#)))

(defn print-table
  "Prints rows, which are maps, as a table of the keys ks, or of the first row's."
  ([rows] (print-table (keys (first rows)) rows))
  ([ks rows]
   (when (seq rows)
     (let [widths (map (fn [k] (apply max (count (str k)) (map (fn [r] (count (str (get r k)))) rows))) ks)
           pad (fn [w x] (let [s (str x)] (str (apply str (repeat (- w (count s)) " ")) s)))
           line (fn [left middle right cells] (str left (apply str (interpose middle cells)) right))]
       (println)
       (println (line "| " " | " " |" (map pad widths ks)))
       (println (line "|-" "-+-" "-|" (map (fn [w] (apply str (repeat w "-"))) widths)))
       (doseq [r rows] (println (line "| " " | " " |" (map (fn [w k] (pad w (get r k))) widths ks))))))))
