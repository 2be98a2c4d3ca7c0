;; clojure.core: transducers, reduction, sequences. A definition is evaluated when its name is first resolved, so order does not matter; forms that
;; are no definition belong to the one before them. Written from the documentation.
(in-ns 'clojure.core)

(defn completing
  "A reducing function from f, with cf (default identity) to complete it."
  ([f] (completing f identity))
  ([f cf]
   (fn
     ([] (f))
     ([x] (cf x))
     ([x y] (f x y)))))

(defn transduce
  "Reduces coll with f transformed by xform."
  ([xform f coll] (transduce xform f (f) coll))
  ([xform f init coll]
   (let [step (xform f)]
     (step (reduce step init coll)))))

(defn cat
  "A transducer that puts the items of each input in its place."
  [rf]
  (let [inner (fn [acc x]
                (let [r (rf acc x)]
                  (if (reduced? r) (reduced r) r)))]
    (fn
      ([] (rf))
      ([acc] (rf acc))
      ([acc x] (reduce inner acc x)))))

(defn halt-when
  "A transducer that ends with the first input that pred is true of; retf makes the value from the completed result and it."
  ([pred] (halt-when pred nil))
  ([pred retf]
   (fn [rf]
     (fn
       ([] (rf))
       ([acc]
        (if (and (map? acc) (contains? acc :clojure.core/halt))
          (:clojure.core/halt acc)
          (rf acc)))
       ([acc x]
        (if (pred x)
          (reduced {:clojure.core/halt (if retf (retf (rf acc) x) x)})
          (rf acc x)))))))

(defn sequence
  "A lazy seq of the items of coll, through xform if there is one; () where there are none."
  ([coll]
   (if (seq? coll)
     coll
     (or (seq coll) ())))
  ([xform coll]
   (or (seq (transformed-seq xform coll)) ()))
  ([xform coll & colls]
   (or (seq (transformed-seq xform (apply map vector coll colls) true)) ())))

(defn transformed-seq
  "What xform makes of the items of coll, as a lazy seq; with spread?, items are vectors of arguments."
  {:added "rung"}
  ([xform coll] (transformed-seq xform coll false))
  ([xform coll spread?]
   (let [waiting (volatile! [])
         step (xform (fn
                       ([] nil)
                       ([acc] acc)
                       ([acc x] (vswap! waiting conj x) acc)))
         take-waiting (fn [] (let [w @waiting] (vreset! waiting []) w))
         walk (fn walk [s]
                (lazy-seq
                  (loop [s (seq s)]
                    (if s
                      (let [r (if spread? (apply step nil (first s)) (step nil (first s)))
                            made (take-waiting)]
                        (cond
                          (reduced? r) (do (step nil)
                                           (concat made (take-waiting)))
                          (seq made) (concat made (walk (rest s)))
                          :else (recur (next s))))
                      (do (step nil)
                          (seq (take-waiting)))))))]
     (walk coll))))

(defn eduction
  "The application of xforms to coll, done anew each time it is reduced or walked."
  [& args]
  (rung.host/eduction (apply comp (butlast args)) (last args)))

(defn ->Eduction
  "An eduction."
  [xform coll]
  (rung.host/eduction xform coll))

(defn run!
  "Calls proc on each item, for what it does."
  [proc coll]
  (reduce (fn [_ x] (proc x)) nil coll)
  nil)

(defn mapv
  "A vector of the values of f on the items."
  ([f coll] (persistent! (reduce (fn [v x] (conj! v (f x))) (transient []) coll)))
  ([f c1 c2] (into [] (map f c1 c2)))
  ([f c1 c2 c3] (into [] (map f c1 c2 c3)))
  ([f c1 c2 c3 & colls] (into [] (apply map f c1 c2 c3 colls))))

(defn filterv
  "A vector of the items that pred is true of."
  [pred coll]
  (persistent! (reduce (fn [v x] (if (pred x) (conj! v x) v)) (transient []) coll)))

(defn mapcat
  "The concatenation of the values of f on the items."
  ([f] (comp (map f) cat))
  ([f & colls] (apply concat (apply map f colls))))

(defn map-indexed
  "f of the index and each item."
  ([f]
   (fn [rf]
     (let [i (volatile! -1)]
       (fn
         ([] (rf))
         ([acc] (rf acc))
         ([acc x] (rf acc (f (vswap! i inc) x)))))))
  ([f coll]
   (let [step (fn step [i coll]
                (lazy-seq
                  (when-let [s (seq coll)]
                    (if (chunked-seq? s)
                      (let [c (chunk-first s), n (count c), b (chunk-buffer n)]
                        (dotimes [j n] (chunk-append b (f (+ i j) (nth c j))))
                        (chunk-cons (chunk b) (step (+ i n) (chunk-rest s))))
                      (cons (f i (first s)) (step (inc i) (rest s)))))))]
     (step 0 coll))))

(defn keep-indexed
  "f of the index and each item, where it is not nil."
  ([f]
   (fn [rf]
     (let [i (volatile! -1)]
       (fn
         ([] (rf))
         ([acc] (rf acc))
         ([acc x]
          (let [v (f (vswap! i inc) x)]
            (if (nil? v) acc (rf acc v))))))))
  ([f coll]
   (let [step (fn step [i coll]
                (lazy-seq
                  (when-let [s (seq coll)]
                    (if (chunked-seq? s)
                      (let [c (chunk-first s), n (count c), b (chunk-buffer n)]
                        (dotimes [j n]
                          (let [v (f (+ i j) (nth c j))]
                            (when-not (nil? v) (chunk-append b v))))
                        (chunk-cons (chunk b) (step (+ i n) (chunk-rest s))))
                      (let [v (f i (first s))]
                        (if (nil? v)
                          (step (inc i) (rest s))
                          (cons v (step (inc i) (rest s)))))))))]
     (step 0 coll))))

(defn take-nth
  "Every nth item."
  ([n]
   (fn [rf]
     (let [i (volatile! -1)]
       (fn
         ([] (rf))
         ([acc] (rf acc))
         ([acc x] (if (zero? (rem (vswap! i inc) n)) (rf acc x) acc))))))
  ([n coll]
   (lazy-seq
     (when-let [s (seq coll)]
       (cons (first s) (take-nth n (drop n s)))))))

(defn take-last
  "A seq of the last n items."
  [n coll]
  (loop [s (seq coll) lead (seq (drop n coll))]
    (if lead
      (recur (next s) (next lead))
      s)))

(defn drop-last
  "All but the last n (default 1) items."
  ([coll] (drop-last 1 coll))
  ([n coll] (map (fn [x _] x) coll (drop n coll))))

(defn interleave
  "The first item of each, then the second of each, …"
  ([] ())
  ([c1] (lazy-seq c1))
  ([c1 c2]
   (lazy-seq
     (let [s1 (seq c1) s2 (seq c2)]
       (when (and s1 s2)
         (cons (first s1) (cons (first s2) (interleave (rest s1) (rest s2))))))))
  ([c1 c2 & colls]
   (lazy-seq
     (let [ss (map seq (conj colls c2 c1))]
       (when (every? identity ss)
         (concat (map first ss) (apply interleave (map rest ss))))))))

(defn interpose
  "The items with sep between."
  ([sep]
   (fn [rf]
     (let [started (volatile! false)]
       (fn
         ([] (rf))
         ([acc] (rf acc))
         ([acc x]
          (if @started
            (let [acc (rf acc sep)]
              (if (reduced? acc) acc (rf acc x)))
            (do (vreset! started true)
                (rf acc x))))))))
  ([sep coll] (drop 1 (interleave (repeat sep) coll))))

(defn partition
  "Lists of n items, step (default n) apart; a last one that is too short is left out, or filled from pad."
  ([n coll] (partition n n coll))
  ([n step coll]
   (lazy-seq
     (when-let [s (seq coll)]
       (let [p (doall (take n s))]
         (when (= n (count p))
           (cons p (partition n step (nthrest s step))))))))
  ([n step pad coll]
   (lazy-seq
     (when-let [s (seq coll)]
       (let [p (doall (take n s))]
         (if (= n (count p))
           (cons p (partition n step pad (nthrest s step)))
           (list (take n (concat p pad)))))))))

(defn partition-all
  "Lists of n items, step (default n) apart; the last ones may be shorter."
  ([n]
   (when (neg? (int n)) (throw (new IllegalArgumentException (str "Illegal Capacity: " n))))
   (fn [rf]
     (let [group (volatile! [])]
       (fn
         ([] (rf))
         ([acc]
          (let [g @group
                acc (if (empty? g)
                      acc
                      (do (vreset! group [])
                          (unreduced (rf acc g))))]
            (rf acc)))
         ([acc x]
          (let [g (vswap! group conj x)]
            (if (= n (count g))
              (do (vreset! group [])
                  (rf acc g))
              acc)))))))
  ([n coll] (partition-all n n coll))
  ([n step coll]
   (lazy-seq
     (when-let [s (seq coll)]
       (let [p (doall (take n s))]
         (cons p (partition-all n step (nthrest s step))))))))

(defn partition-by
  "Lists of neighbours on which f has the same value."
  ([f]
   (fn [rf]
     (let [group (volatile! []) last-value (volatile! :clojure.core/none)]
       (fn
         ([] (rf))
         ([acc]
          (let [g @group
                acc (if (empty? g)
                      acc
                      (do (vreset! group [])
                          (unreduced (rf acc g))))]
            (rf acc)))
         ([acc x]
          (let [before @last-value value (f x)]
            (vreset! last-value value)
            (if (or (identical? before :clojure.core/none) (= value before))
              (do (vswap! group conj x)
                  acc)
              (let [g @group
                    acc (rf acc g)]
                (vreset! group (if (reduced? acc) [] [x]))
                acc))))))))
  ([f coll]
   (lazy-seq
     (when-let [s (seq coll)]
       (let [x (first s)
             value (f x)
             run (cons x (take-while (fn [y] (= value (f y))) (next s)))]
         (cons run (partition-by f (lazy-seq (drop (count run) s)))))))))

(defn split-at "[(take n coll) (drop n coll)]" [n coll] [(take n coll) (drop n coll)])

(defn split-with "[(take-while pred coll) (drop-while pred coll)]" [pred coll] [(take-while pred coll) (drop-while pred coll)])

(defn splitv-at "Like split-at, the first part a vector." [n coll] [(vec (take n coll)) (drop n coll)])

(defn partitionv
  "Like partition, with vectors."
  ([n coll] (map vec (partition n coll)))
  ([n step coll] (map vec (partition n step coll)))
  ([n step pad coll] (map vec (partition n step pad coll))))

(defn partitionv-all
  "Like partition-all, with vectors."
  ([n] (partition-all n))
  ([n coll] (map vec (partition-all n coll)))
  ([n step coll] (map vec (partition-all n step coll))))

(defn distinct
  "The items without repetitions."
  ([]
   (fn [rf]
     (let [seen (volatile! #{})]
       (fn
         ([] (rf))
         ([acc] (rf acc))
         ([acc x]
          (if (contains? @seen x)
            acc
            (do (vswap! seen conj x)
                (rf acc x))))))))
  ([coll]
   (let [walk (fn walk [s seen]
                (lazy-seq
                  (loop [s (seq s) seen seen]
                    (when s
                      (let [x (first s)]
                        (if (contains? seen x)
                          (recur (next s) seen)
                          (cons x (walk (rest s) (conj seen x)))))))))]
     ;; What has no order is refused, as where the first item is taken by position.
     (lazy-seq (nth coll 0 nil) (walk coll #{})))))

(defn dedupe
  "The items without repetitions of neighbours."
  ([]
   (fn [rf]
     (let [before (volatile! :clojure.core/none)]
       (fn
         ([] (rf))
         ([acc] (rf acc))
         ([acc x]
          (let [b @before]
            (vreset! before x)
            (if (= b x) acc (rf acc x))))))))
  ([coll] (sequence (dedupe) coll)))

(defn distinct?
  "Is no argument equal to another?"
  ([x] true)
  ([x y] (not (= x y)))
  ([x y & more]
   (loop [seen #{x} s (cons y more)]
     (cond
       (empty? s) true
       (contains? seen (first s)) false
       :else (recur (conj seen (first s)) (rest s))))))

(defn replace
  "The items, those that are keys of smap replaced."
  ([smap] (map (fn [x] (if-let [e (find smap x)] (val e) x))))
  ([smap coll]
   (let [swap (fn [x] (if-let [e (find smap x)] (val e) x))]
     (if (vector? coll)
       (with-meta (mapv swap coll) (meta coll))
       (map swap coll)))))

(defn reductions
  "The values on the way of (reduce f init coll), as a lazy seq."
  ([f coll]
   (lazy-seq
     (if-let [s (seq coll)]
       (reductions f (first s) (rest s))
       (list (f)))))
  ([f init coll]
   (if (reduced? init)
     (list @init)
     (cons init
           (lazy-seq
             (when-let [s (seq coll)]
               (reductions f (f init (first s)) (rest s))))))))

(defn repeatedly
  "The values of calls of f, without end or n of them."
  ([f] (lazy-seq (cons (f) (repeatedly f))))
  ([n f] (take n (repeatedly f))))

(defn tree-seq
  "The nodes of a tree, each before its children."
  [branch? children root]
  (let [walk (fn walk [node]
               (lazy-seq
                 (cons node
                       (when (branch? node)
                         (mapcat walk (children node))))))]
    (walk root)))

(defn flatten
  "The items that are not sequential, of any nesting."
  [x]
  (filter (complement sequential?) (rest (tree-seq sequential? seq x))))

(defn xml-seq "The elements of a tree of maps with :content." [root]
  (tree-seq (complement string?) (comp seq :content) root))

(defn dorun
  "Walks coll (or n items of it) for its effects."
  ([coll]
   (loop [s (seq coll)]
     (when s (recur (next s)))))
  ([n coll]
   (loop [n n s (seq coll)]
     (when (and s (pos? n)) (recur (dec n) (next s))))))

(defn doall
  "Walks coll (or n items of it); coll is the value."
  ([coll] (dorun coll) coll)
  ([n coll] (dorun n coll) coll))

(defn random-sample
  "Each item with probability prob."
  ([prob] (filter (fn [_] (< (rand) prob))))
  ([prob coll] (filter (fn [_] (< (rand) prob)) coll)))

(defn rand-nth "One of the items." [coll] (nth coll (rand-int (count coll))))

(defn line-seq
  "The lines of a reader."
  [rdr]
  (when-let [line (rung.host/read-line-from rdr)]
    (cons line (lazy-seq (line-seq rdr)))))

(defn iteration
  "A seqable of the values that step gives, page after page, from :initk on; :somef :vf :kf take pages apart."
  [step & {:keys [somef vf kf initk] :or {somef some? vf identity kf identity}}]
  (reify
    clojure.lang.Seqable
    (seq [_]
      (let [pages (fn pages [page]
                    (when (somef page)
                      (cons (vf page)
                            (when-some [k (kf page)]
                              (lazy-seq (pages (step k)))))))]
        (pages (step initk))))
    clojure.lang.IReduceInit
    (reduce [_ rf init]
      (loop [acc init, page (step initk)]
        (if (somef page)
          (let [acc (rf acc (vf page))]
            (if (reduced? acc)
              (deref acc)
              (if-some [k (kf page)]
                (recur acc (step k))
                acc)))
          acc)))))

(defn subseq
  "The entries of a sorted collection whose keys pass the tests, ascending."
  ([sc test key] (rung.host/subseq sc test key nil nil true))
  ([sc start-test start-key end-test end-key] (rung.host/subseq sc start-test start-key end-test end-key true)))

(defn rsubseq
  "The entries of a sorted collection whose keys pass the tests, descending."
  ([sc test key] (rung.host/subseq sc test key nil nil false))
  ([sc start-test start-key end-test end-key] (rung.host/subseq sc start-test start-key end-test end-key false)))

(defn max-key
  "The argument on which k is greatest."
  ([k x] x)
  ([k x y] (if (> (k x) (k y)) x y))
  ([k x y & more]
   (let [kx (k x) ky (k y) x? (> kx ky)]
     (loop [best (if x? x y) value (if x? kx ky) s (seq more)]
       (if s
         (let [y (first s) w (k y)]
           (if (>= w value) (recur y w (next s)) (recur best value (next s))))
         best)))))

(defn min-key
  "The argument on which k is least."
  ([k x] x)
  ([k x y] (if (< (k x) (k y)) x y))
  ([k x y & more]
   (let [kx (k x) ky (k y) x? (< kx ky)]
     (loop [best (if x? x y) value (if x? kx ky) s (seq more)]
       (if s
         (let [y (first s) w (k y)]
           (if (<= w value) (recur y w (next s)) (recur best value (next s))))
         best)))))
