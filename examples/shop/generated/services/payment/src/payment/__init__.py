"""Authorises, captures and refunds what customers pay, through the payment provider."""
