"""Signatures are those of Standard Webhooks."""

import base64
import hmac

from stoflow.domain.webhook import DAY_S, RETRY_AFTER_S, new_secret, rest_s, retry_after_s, signatures

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_a_signature_is_of_id_time_and_body_by_the_decoded_secret():
    signed = signatures([SECRET], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, '{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_each_secret_that_is_good_signs():
    first, second = new_secret(), new_secret()
    both = signatures([first, second], "msg_1", 1, "{}").split()
    assert both == [signatures([each], "msg_1", 1, "{}") for each in (first, second)]
    key = base64.b64decode(first.removeprefix("whsec_"))
    assert both[0] == "v1," + base64.b64encode(hmac.digest(key, b"msg_1.1.{}", "sha256")).decode()


def test_it_is_tried_for_a_day_and_a_receiver_rests_no_longer_than_five_minutes():
    assert sum(RETRY_AFTER_S) >= DAY_S
    assert [retry_after_s(1), retry_after_s(9)] == [5.0, None]
    assert (rest_s(1), rest_s(99)) == (5.0, 300.0)
