-- A generated shop as Shopify exports it: 79 columns, most of them empty, as they mostly are.

-- Orders that take goods back are left off: Shopify says of a refund only how much it was.
create view sold as
select
    order_item_id,
    order_id,
    product_id,
    cast(quantity as integer) as quantity,
    cast(price_per_item as decimal(18, 2)) as price,
    cast(line_total as decimal(18, 2)) as line_total
from raw_order_items
where cast(quantity as integer) > 0;

create table orders as
select
    '#' || (1000 + row_number() over (order by order_id)) as name,
    first_item_id,
    email,
    order_date || ' +0000' as created_at,
    case status when 'cancelled' then 'voided' when 'failed' then 'voided' when 'refunded' then 'refunded' else 'paid' end
        as financial_status,
    currency,
    subtotal,
    list_amount - subtotal as discount,
    cast(shipping as decimal(18, 2)) as shipping,
    cast(tax as decimal(18, 2)) as tax,
    subtotal + cast(shipping as decimal(18, 2)) + cast(tax as decimal(18, 2)) as total,
    raw_customers.name as buyer, address, city, country,
    order_id
from raw_orders
inner join (
    select order_id, min(order_item_id) as first_item_id, sum(line_total) as subtotal, sum(quantity * price) as list_amount
    from sold group by order_id
) as sums using (order_id)
left join raw_customers using (customer_id);

-- What an order says of itself stands in its first row alone.
create view orders_export as
select
    orders.name as "Name",
    orders.email as "Email",
    first_row.financial_status as "Financial Status",
    first_row.created_at as "Paid at",
    null as "Fulfillment Status", null as "Fulfilled at", null as "Accepts Marketing",
    first_row.currency as "Currency",
    first_row.subtotal as "Subtotal",
    first_row.shipping as "Shipping",
    first_row.tax as "Taxes",
    first_row.total as "Total",
    null as "Discount Code",
    first_row.discount as "Discount Amount",
    null as "Shipping Method",
    orders.created_at as "Created at",
    quantity as "Lineitem quantity",
    product_name as "Lineitem name",
    sold.price as "Lineitem price",
    null as "Lineitem compare at price",
    product_id as "Lineitem sku",
    'true' as "Lineitem requires shipping", 'true' as "Lineitem taxable", 'fulfilled' as "Lineitem fulfillment status",
    first_row.buyer as "Billing Name",
    first_row.address as "Billing Street", first_row.address as "Billing Address1",
    null as "Billing Address2", null as "Billing Company",
    first_row.city as "Billing City",
    null as "Billing Zip", null as "Billing Province",
    first_row.country as "Billing Country",
    null as "Billing Phone", null as "Shipping Name", null as "Shipping Street", null as "Shipping Address1",
    null as "Shipping Address2", null as "Shipping Company", null as "Shipping City", null as "Shipping Zip",
    null as "Shipping Province", null as "Shipping Country", null as "Shipping Phone", null as "Notes",
    null as "Note Attributes", null as "Cancelled at", null as "Payment Method", null as "Payment Reference",
    case first_row.financial_status when 'refunded' then first_row.total else 0 * first_row.total end as "Refunded Amount",
    category as "Vendor",
    null as "Outstanding Balance", null as "Employee", null as "Location", null as "Device ID",
    first_row.order_id as "Id",
    null as "Tags", null as "Risk Level", null as "Source",
    '0.00' as "Lineitem discount",
    null as "Tax 1 Name", null as "Tax 1 Value", null as "Tax 2 Name", null as "Tax 2 Value", null as "Tax 3 Name",
    null as "Tax 3 Value", null as "Tax 4 Name", null as "Tax 4 Value", null as "Tax 5 Name", null as "Tax 5 Value",
    null as "Phone", null as "Receipt Number", null as "Duties", null as "Billing Province Name",
    null as "Shipping Province Name", null as "Payment ID", null as "Payment Terms Name", null as "Next Payment Due At",
    null as "Payment References"
from sold
inner join orders using (order_id)
left join orders as first_row on sold.order_item_id = first_row.first_item_id
left join raw_products using (product_id)
order by order_item_id;
