"""Sends what people are told: a process that hands notifications to providers, and asks after them.

Each channel works by itself, so that a provider in trouble delays only its own.
"""
