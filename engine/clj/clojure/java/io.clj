;; clojure.java.io, the part about files, readers and writers of text. Written from the documentation.
(ns clojure.java.io)

(defn as-file
  "A file of a path; nil stays."
  [x]
  (when (some? x) (rung.host/file x)))

(defn as-relative-path
  "The path of a file that must be relative."
  [x]
  (let [f (as-file x)]
    (if (.isAbsolute f)
      (throw (new IllegalArgumentException (str f " is not a relative path")))
      (.getPath f))))

(defn file
  "A file of a path, of a relative child below a parent."
  ([arg] (as-file arg))
  ([parent child] (rung.host/file (as-file parent) (as-relative-path child)))
  ([parent child & more] (reduce file (file parent child) more)))

(defn reader
  "A reader of a file, of a reader itself."
  [x & opts]
  (rung.host/reader x))

(defn writer
  "A writer to a file (:append true adds to it), or the writer itself."
  [x & opts]
  (rung.host/writer x (boolean (:append (apply hash-map opts)))))

(defn copy
  "Writes what is left of a reader, a file's content or a string to a writer or file."
  [input output & opts]
  (cond
    (string? input) (spit output input)
    (and (rung.host/file? input) (rung.host/file? output)) (rung.host/copy-file (str input) (str output))
    :else (spit output (slurp input)))
  nil)

(defn make-parents
  "Makes the folders above a file."
  [f & more]
  (when-let [parent (.getParentFile (apply file f more))]
    (.mkdirs parent)))

(defn delete-file
  "Deletes a file; silently says what to answer instead of an error."
  [f & [silently]]
  (or (.delete (file f))
      silently
      (throw (new java.io.IOException (str "Couldn't delete " f)))))

(defn resource
  "The file of that name in the folders of the path, nil where there is none."
  ([n] (first (filter (fn [f] (.isFile f)) (map (fn [folder] (file folder n)) (rung.host/path)))))
  ([n loader] (resource n)))
