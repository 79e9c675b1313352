mod private_postgres;
