create index FactSales_customer_key on FactSales (customer_key);
create index FactSales_product_key on FactSales (product_key);
create index FactSales_time_key on FactSales (time_key);

analyze;
