;; clojure.java.io, the part about files. A file is the string of its path.
(ns clojure.java.io)

(defn file
  "The path of a file, of a child below a parent."
  ([path] (str path))
  ([parent child] (str parent "/" child))
  ([parent child & more] (reduce clojure.java.io/file (clojure.java.io/file parent child) more)))

(defn reader
  "A reader of a file, or the reader itself."
  [x & opts]
  (rung.host/reader x))

(defn writer
  "A writer to a file (:append true adds to it), or the writer itself."
  [x & opts]
  (rung.host/writer x (boolean (:append (apply hash-map opts)))))

(defn copy
  "Writes what is left of a reader, or a file's content, to a writer or file."
  [input output & opts]
  (spit output (slurp input)))

(defn delete-file
  "Deletes a file; silently says what to answer instead of an error."
  [f & [silently]]
  (or (rung.host/delete-file (str f))
      silently
      (throw (new java.io.IOException (str "Couldn't delete " f)))))
