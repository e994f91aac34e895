create index FactOrderCategories_time_key on FactOrderCategories (time_key);
create index FactOrderCategories_customer_key on FactOrderCategories (customer_key);
create index FactOrderCategories_order_id on FactOrderCategories (order_id);
create index FactOrders_customer_key on FactOrders (customer_key);
create index FactOrders_time_key on FactOrders (time_key);
