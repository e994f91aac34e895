WITH CustomerMetrics AS (
    SELECT
        customer_key,
        COUNT(DISTINCT order_id) AS total_orders,
        SUM(line_item_total) AS total_spending,
        CAST((JulianDay(MAX(dt.date)) - JulianDay(MIN(dt.date))) AS REAL) / 365.25 AS customer_lifespan_years
    FROM FactSales fs
    JOIN DimTime dt ON fs.time_key = dt.time_key
    GROUP BY customer_key
),
CLV_Calculation AS (
    SELECT
        customer_key,
        total_spending,
        total_orders,
        customer_lifespan_years,
        CASE
            WHEN total_orders > 0 THEN total_spending * 1.0 / total_orders
            ELSE 0
        END AS average_purchase_value,
        CASE
             WHEN customer_lifespan_years > 0 THEN total_orders * 1.0 / customer_lifespan_years
             ELSE 0
        END AS purchase_frequency_per_year
    FROM CustomerMetrics
)
SELECT
    c.name AS customer_name,
    clv.total_spending,
    clv.total_orders,
    clv.customer_lifespan_years,
    clv.average_purchase_value,
    clv.purchase_frequency_per_year
FROM CLV_Calculation clv
JOIN DimCustomer c ON clv.customer_key = c.customer_key
ORDER BY total_spending DESC;
