WITH OrderProducts AS (
    SELECT
        order_id,
        product_key
    FROM FactSales
    GROUP BY order_id, product_key
)
SELECT
    p1.product_name AS product1,
    p2.product_name AS product2,
    COUNT(*) AS co_purchase_count
FROM OrderProducts op1
JOIN OrderProducts op2 ON op1.order_id = op2.order_id AND op1.product_key < op2.product_key
JOIN DimProduct p1 ON op1.product_key = p1.product_key
JOIN DimProduct p2 ON op2.product_key = p2.product_key
GROUP BY p1.product_name, p2.product_name
ORDER BY co_purchase_count DESC
LIMIT 10;
