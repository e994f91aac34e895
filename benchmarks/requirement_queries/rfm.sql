WITH CustomerSales AS (
    SELECT
        customer_key,
        MAX(dt.date) AS last_order_date,
        COUNT(DISTINCT fs.order_id) AS frequency,
        SUM(fs.line_item_total) AS monetary_value
    FROM FactSales fs
    JOIN DimTime dt ON fs.time_key = dt.time_key
    GROUP BY customer_key
),
RFM_Scores AS (
    SELECT
        customer_key,
        last_order_date,
        frequency,
        monetary_value,
        NTILE(5) OVER (ORDER BY last_order_date DESC) AS r_score,
        NTILE(5) OVER (ORDER BY frequency ASC) AS f_score,
        NTILE(5) OVER (ORDER BY monetary_value ASC) AS m_score
    FROM CustomerSales
)
SELECT
    c.name AS customer_name,
    r.last_order_date,
    r.frequency,
    r.monetary_value,
    r.r_score,
    r.f_score,
    r.m_score,
    (CAST(r.r_score AS TEXT) || CAST(r.f_score AS TEXT) || CAST(r.m_score AS TEXT)) AS rfm_segment
FROM RFM_Scores r
JOIN DimCustomer c ON r.customer_key = c.customer_key
ORDER BY rfm_segment DESC;
