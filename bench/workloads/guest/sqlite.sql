-- A shop: customers, articles, orders, and questions about them.
CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT, town TEXT);
CREATE TABLE article (id INTEGER PRIMARY KEY, name TEXT, price REAL);
CREATE TABLE sale (id INTEGER PRIMARY KEY, customer INTEGER, article INTEGER,
    day INTEGER, pieces INTEGER);

BEGIN;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT @ROWS@ / 10)
INSERT INTO customer SELECT i, printf('customer %05d', i * 7919 % 99991),
    substr('AachenBremenCoburgDresdnErfurt', 1 + 6 * (i * 31 % 5), 6) FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 100)
INSERT INTO article SELECT i, 'article ' || hex(i * 2654435761 % 65536),
    (i * 37 % 1000) / 8.0 FROM n;
WITH RECURSIVE n(i, r) AS (SELECT 1, 12345 UNION ALL
    SELECT i + 1, r * 16807 % 2147483647 FROM n LIMIT @ROWS@)
INSERT INTO sale SELECT i, 1 + r % (@ROWS@ / 10), 1 + r / 100 % 100,
    r / 10000 % 365, 1 + r / 7 % 9 FROM n;
COMMIT;

CREATE INDEX sale_customer ON sale (customer, day);
CREATE INDEX sale_article ON sale (article);

SELECT town, count(*), sum(pieces), printf('%.2f', sum(pieces * price))
    FROM sale JOIN customer ON customer = customer.id
    JOIN article ON article = article.id GROUP BY town ORDER BY town;
SELECT name, total FROM (SELECT article, sum(pieces) AS total FROM sale
    GROUP BY article) JOIN article ON article = article.id
    ORDER BY total DESC, name LIMIT 10;
SELECT day / 30 AS month, count(DISTINCT customer), max(pieces), avg(pieces)
    FROM sale GROUP BY month ORDER BY month;
SELECT count(*) FROM sale a JOIN sale b ON a.customer = b.customer
    AND b.day BETWEEN a.day + 1 AND a.day + 7;
UPDATE article SET price = price * 1.19 WHERE id IN
    (SELECT article FROM sale WHERE pieces > 8);
DELETE FROM sale WHERE day < 100 AND customer % 3 = 0;
SELECT count(*), printf('%.2f', sum(pieces * price)) FROM sale
    JOIN article ON article = article.id;
SELECT upper(name), length(name), instr(name, '7') FROM customer
    WHERE name LIKE '%77%' ORDER BY name DESC LIMIT 20;
PRAGMA integrity_check;
