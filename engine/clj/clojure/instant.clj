;; clojure.instant: reading instants. Written from the documentation.
(ns clojure.instant)

(defn read-instant-date "The instant of a timestamp's text." [cs] (rung.host/read-tagged "inst" cs))
(defn read-instant-calendar "The instant of a timestamp's text." [cs] (rung.host/read-tagged "inst" cs))
(defn read-instant-timestamp "The instant of a timestamp's text." [cs] (rung.host/read-tagged "inst" cs))
