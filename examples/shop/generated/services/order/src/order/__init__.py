"""Takes orders from customers and follows each one until it is confirmed or cancelled."""
