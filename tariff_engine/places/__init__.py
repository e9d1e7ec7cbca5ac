"""Place funding: what is paid for commissioned places, by the two parts of a year and month by month."""

from tariff_engine.places.funding import PlaceFunding, place_funding

__all__ = ["PlaceFunding", "place_funding"]
