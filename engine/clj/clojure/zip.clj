;; clojure.zip: walking and changing trees from place to place. A loc is [node path], its metadata says how the tree is made.
;; Written from the documentation.
(ns clojure.zip)

(defn zipper
  "A loc at the root of a tree: branch? tells nodes that can have children, children gives them, make-node makes a node anew."
  [branch? children make-node root]
  (with-meta [root nil] {:zip/branch? branch? :zip/children children :zip/make-node make-node}))

(defn seq-zip "A zipper for nested seqs." [root]
  (zipper seq? identity (fn [node children] (with-meta children (meta node))) root))

(defn vector-zip "A zipper for nested vectors." [root]
  (zipper vector? seq (fn [node children] (with-meta (vec children) (meta node))) root))

(defn xml-zip "A zipper for elements with :content." [root]
  (zipper (complement string?) (comp seq :content)
          (fn [node children] (assoc node :content (and children (apply vector children))))
          root))

(defn node "The node at loc." [loc] (loc 0))

(defn branch? "Can the node have children?" [loc] ((:zip/branch? (meta loc)) (node loc)))

(defn children "The children of a branch." [loc]
  (if (branch? loc)
    ((:zip/children (meta loc)) (node loc))
    (throw (new Exception "called children on a leaf node"))))

(defn make-node "A branch like node, with other children." [loc node children]
  ((:zip/make-node (meta loc)) node children))

(defn path "The nodes from the root to loc." [loc] (:pnodes (loc 1)))

(defn lefts "The siblings to the left." [loc] (seq (:l (loc 1))))

(defn rights "The siblings to the right." [loc] (:r (loc 1)))

(defn at "A loc of the same tree." [loc node path] (with-meta [node path] (meta loc)))

(defn down "The first child, or nil." [loc]
  (when (branch? loc)
    (let [[_ path] loc
          [c & more :as all] (children loc)]
      (when all
        (at loc c {:l [] :pnodes (if path (conj (:pnodes path) (node loc)) [(node loc)]) :ppath path :r more})))))

(defn up "The parent, or nil." [loc]
  (let [[n {:keys [l ppath pnodes r changed?]}] loc]
    (when pnodes
      (let [parent (peek pnodes)]
        (if changed?
          (at loc (make-node loc parent (concat l (cons n r))) (and ppath (assoc ppath :changed? true)))
          (at loc parent ppath))))))

(defn root "The whole tree, with all changes." [loc]
  (if (= :end (loc 1))
    (node loc)
    (if-let [p (up loc)] (recur p) (node loc))))

(defn right "The sibling to the right, or nil." [loc]
  (let [[n {:keys [l r] :as path}] loc
        [next-one & more :as all] r]
    (when (and path all)
      (at loc next-one (assoc path :l (conj l n) :r more)))))

(defn rightmost "The sibling furthest to the right." [loc]
  (let [[n {:keys [l r] :as path}] loc]
    (if (and path r)
      (at loc (last r) (assoc path :l (into (conj l n) (butlast r)) :r nil))
      loc)))

(defn left "The sibling to the left, or nil." [loc]
  (let [[n {:keys [l r] :as path}] loc]
    (when (and path (seq l))
      (at loc (peek l) (assoc path :l (pop l) :r (cons n r))))))

(defn leftmost "The sibling furthest to the left." [loc]
  (let [[n {:keys [l r] :as path}] loc]
    (if (and path (seq l))
      (at loc (first l) (assoc path :l [] :r (concat (rest l) [n] r)))
      loc)))

(defn insert-left "Puts item to the left of the node." [loc item]
  (let [[n {:keys [l] :as path}] loc]
    (if path
      (at loc n (assoc path :l (conj l item) :changed? true))
      (throw (new Exception "Insert at top")))))

(defn insert-right "Puts item to the right of the node." [loc item]
  (let [[n {:keys [r] :as path}] loc]
    (if path
      (at loc n (assoc path :r (cons item r) :changed? true))
      (throw (new Exception "Insert at top")))))

(defn replace "Puts another node in this place." [loc node]
  (let [[_ path] loc]
    (at loc node (assoc path :changed? true))))

(defn edit "Replaces the node by (f node args …)." [loc f & args] (replace loc (apply f (node loc) args)))

(defn insert-child "Puts item before the children." [loc item]
  (replace loc (make-node loc (node loc) (cons item (children loc)))))

(defn append-child "Puts item behind the children." [loc item]
  (replace loc (make-node loc (node loc) (concat (children loc) [item]))))

(defn next "The next loc in depth-first order; at the end one for which end? is true." [loc]
  (if (= :end (loc 1))
    loc
    (or (and (branch? loc) (down loc))
        (right loc)
        (loop [p loc]
          (if-let [above (up p)]
            (or (right above) (recur above))
            (at p (node p) :end))))))

(defn prev "The loc before in depth-first order, or nil." [loc]
  (if-let [l (left loc)]
    (loop [l l]
      (if-let [child (and (branch? l) (down l))]
        (recur (rightmost child))
        l))
    (up loc)))

(defn end? "Did next go past the last loc?" [loc] (= :end (loc 1)))

(defn remove "Takes the node out; the loc before it in depth-first order." [loc]
  (let [[_ {:keys [l ppath pnodes r] :as path}] loc]
    (when-not path (throw (new Exception "Remove at top")))
    (if (seq l)
      (loop [l (at loc (peek l) (assoc path :l (pop l) :changed? true))]
        (if-let [child (and (branch? l) (down l))]
          (recur (rightmost child))
          l))
      (at loc (make-node loc (peek pnodes) r) (and ppath (assoc ppath :changed? true))))))
