"""python-socketio without what its clients need, which comes with the first of them, and a broker of nobody here."""

from stoflow.monitoring.sparing import Later, without

with without("requests", "valkey", "websocket"):
    import socketio
    from engineio import client
    from socketio.async_pubsub_manager import AsyncPubSubManager
    from socketio.exceptions import ConnectionRefusedError as Refusal

client.requests, client.websocket = Later("requests"), Later("websocket")

__all__ = ["AsyncPubSubManager", "Refusal", "socketio"]
