"""Each address has its own rate, in bounded memory."""

from shared.web.rates import ADDRESSES_MAX, AddressRates


class Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def taken(rates: AddressRates, address: str, tries: int) -> int:
    return sum(rates.take(address) for _ in range(tries))


def test_an_address_has_a_burst_and_then_its_rate() -> None:
    """What it does not use is saved up to the burst, and no further."""
    clock = Clock()
    rates = AddressRates(at_once=5, per_s=2.0, now_s=clock)
    assert taken(rates, "a", 10) == 5
    clock.now_s = 1.5
    assert taken(rates, "a", 10) == 3
    clock.now_s = 1000.0
    assert taken(rates, "a", 10) == 5


def test_addresses_do_not_share_a_rate() -> None:
    rates = AddressRates(at_once=2, per_s=0.0, now_s=Clock())
    assert [taken(rates, address, 5) for address in ("a", "b")] == [2, 2]


def test_a_refused_try_costs_nothing() -> None:
    """Whoever keeps trying gets in as soon as the rate allows it."""
    clock = Clock()
    rates = AddressRates(at_once=1, per_s=1.0, now_s=clock)
    assert taken(rates, "a", 100) == 1
    clock.now_s = 1.0
    assert taken(rates, "a", 100) == 1


def test_only_so_many_addresses_are_remembered() -> None:
    """The one that was least recently here starts anew."""
    rates = AddressRates(at_once=1, per_s=0.0, now_s=Clock())
    assert rates.take("first")
    for number in range(ADDRESSES_MAX):
        rates.take(str(number))
    assert rates.take("first")
    assert not rates.take(str(ADDRESSES_MAX - 1))
