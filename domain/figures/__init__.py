"""Figures: what processes measure, how everything stands, and from when on it is an alarm.

Read `names.py` first: every figure that processes add up. `snapshot.py` says what the collector
writes down every few seconds, `gauges.py` turns that into numbers with names, and `thresholds.py`
judges these: the dashboard's verdict, the alert rules and the Grafana dashboard all come from it.
"""
