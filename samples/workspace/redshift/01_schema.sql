-- Written by samples/build.py. Plain SQL that Amazon Redshift and PostgreSQL both take.
CREATE SCHEMA IF NOT EXISTS customer_360;

CREATE TABLE customer_360.customers (
    customer_id VARCHAR(16) PRIMARY KEY,
    customer_name VARCHAR(120) NOT NULL,
    country VARCHAR(60), region VARCHAR(20), industry VARCHAR(40), tier VARCHAR(20), health VARCHAR(10),
    account_team VARCHAR(40), success_manager VARCHAR(80),
    arr_eur NUMERIC(12, 2), renewal_date DATE, updated_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE customer_360.customers IS 'One row a paying customer, with owner, yearly value and renewal date';
COMMENT ON COLUMN customer_360.customers.arr_eur IS 'Annual recurring revenue in euros';
COMMENT ON COLUMN customer_360.customers.account_team IS 'Directory group that may read the customer''s rows';
COMMENT ON COLUMN customer_360.customers.health IS 'Health in Totango: green, yellow or red';

CREATE TABLE customer_360.subscriptions (
    subscription_id VARCHAR(24) PRIMARY KEY,
    customer_id VARCHAR(16) NOT NULL REFERENCES customer_360.customers (customer_id),
    product VARCHAR(40) NOT NULL, units INTEGER NOT NULL, unit VARCHAR(20) NOT NULL,
    unit_price_eur NUMERIC(10, 2) NOT NULL, annual_value_eur NUMERIC(12, 2) NOT NULL,
    start_date DATE NOT NULL, end_date DATE NOT NULL, updated_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE customer_360.subscriptions IS 'What each customer has bought: product, units, price and term';
COMMENT ON COLUMN customer_360.subscriptions.annual_value_eur IS 'Units times unit price, euros a year';

CREATE TABLE customer_360.licences (
    customer_id VARCHAR(16) NOT NULL REFERENCES customer_360.customers (customer_id),
    product VARCHAR(40) NOT NULL, as_of DATE NOT NULL, licensed INTEGER NOT NULL, in_use INTEGER NOT NULL,
    updated_at TIMESTAMP NOT NULL, PRIMARY KEY (customer_id, product, as_of)
);
COMMENT ON TABLE customer_360.licences IS 'Licensed and used units at the end of each quarter';

CREATE TABLE customer_360.usage_monthly (
    customer_id VARCHAR(16) NOT NULL REFERENCES customer_360.customers (customer_id),
    month DATE NOT NULL, alerts_triaged INTEGER, sensor_coverage_pct NUMERIC(5, 1), mttd_minutes NUMERIC(6, 1),
    mttr_hours NUMERIC(6, 1), updated_at TIMESTAMP NOT NULL, PRIMARY KEY (customer_id, month)
);
COMMENT ON TABLE customer_360.usage_monthly IS 'Watchtower use per customer and month (month = its first day)';
COMMENT ON COLUMN customer_360.usage_monthly.alerts_triaged IS 'Alerts looked at by an analyst in the month';
COMMENT ON COLUMN customer_360.usage_monthly.sensor_coverage_pct IS 'Licensed endpoints with a working sensor, %';
COMMENT ON COLUMN customer_360.usage_monthly.mttd_minutes IS 'Mean time to detect, minutes';
COMMENT ON COLUMN customer_360.usage_monthly.mttr_hours IS 'Mean time to respond, hours';

CREATE TABLE customer_360.incidents (
    incident_id VARCHAR(24) PRIMARY KEY,
    customer_id VARCHAR(16) NOT NULL REFERENCES customer_360.customers (customer_id),
    opened_on DATE NOT NULL, severity VARCHAR(10) NOT NULL, title VARCHAR(200) NOT NULL,
    detected_after_minutes INTEGER,
    contained_after_hours NUMERIC(6, 1), root_cause VARCHAR(300), updated_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE customer_360.incidents IS 'Critical and high security incidents';
COMMENT ON COLUMN customer_360.incidents.contained_after_hours IS 'Hours from the first alert to containment';
