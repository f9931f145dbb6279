"""python-socketio without its clients (requests, websocket-client) and a broker that nobody here has."""

from stoflow.monitoring.sparing import without

with without("requests", "valkey", "websocket"):
    import socketio
    from socketio.async_pubsub_manager import AsyncPubSubManager
    from socketio.exceptions import ConnectionRefusedError as Refusal

__all__ = ["AsyncPubSubManager", "Refusal", "socketio"]
