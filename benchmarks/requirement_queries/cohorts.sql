WITH CustomerCohort AS (
    SELECT
        customer_key,
        strftime('%Y-%m', registration_date) AS cohort_month
    FROM DimCustomer
),
MonthlySales AS (
    SELECT
        fs.customer_key,
        strftime('%Y-%m', dt.date) AS order_month,
        SUM(fs.line_item_total) AS monthly_spending
    FROM FactSales fs
    JOIN DimTime dt ON fs.time_key = dt.time_key
    GROUP BY fs.customer_key, order_month
),
CohortActivity AS (
    SELECT
        cc.cohort_month,
        ms.order_month,
        SUM(ms.monthly_spending) AS total_spending
    FROM CustomerCohort cc
    JOIN MonthlySales ms ON cc.customer_key = ms.customer_key
    GROUP BY cc.cohort_month, ms.order_month
),
CohortIndex AS (
    SELECT
        cohort_month,
        order_month,
        (CAST(substr(order_month, 1, 4) AS INTEGER) - CAST(substr(cohort_month, 1, 4) AS INTEGER)) * 12 +
        (CAST(substr(order_month, 6, 2) AS INTEGER) - CAST(substr(cohort_month, 6, 2) AS INTEGER)) AS month_index,
        total_spending
    FROM CohortActivity
)
SELECT
    cohort_month,
    month_index,
    SUM(total_spending) AS total_spending
FROM CohortIndex
GROUP BY cohort_month, month_index
ORDER BY cohort_month, month_index;
