"""python-socketio without the polling of clients, for which it loads requests, and a broker that nobody here has."""

from stoflow.monitoring.sparing import without

with without("requests", "valkey"):
    import socketio
    from socketio.async_pubsub_manager import AsyncPubSubManager
    from socketio.exceptions import ConnectionRefusedError as Refusal

__all__ = ["AsyncPubSubManager", "Refusal", "socketio"]
