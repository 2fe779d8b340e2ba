-- Nothing: keeps the numbers in order until the work that owns this number is here.
SELECT 1;
