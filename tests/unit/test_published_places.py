"""What the department published for commissioned places, to the pound.

Every figure below is a cell of the deductions for places in "Dedicated schools grant: 2019 to 2020 financial year
allocations" (Department for Education, workbook DSG_2019-20_Mar_Tables_Values.xls): for an authority and a kind of
place, the places in the two parts of the year and the amount in pounds. Crown copyright, Open Government Licence v3.0.
The rates are those of ``bands/reference/place_rates.csv``.
"""

from __future__ import annotations

import pytest

from tests.places_by_hand import amounts, found, fund_rows, published_rates, some_places

KINDS = {
    "fe_ilp": ("further_education", "post16", "commissioned"),
    "acad_16_19": ("further_education", "post16", "commissioned"),
    "mainstream_acad_pre16_sen_6k": ("sen_unit", "pre16", "occupied"),
    "mainstream_acad_pre16_sen_10k": ("sen_unit", "pre16", "unoccupied"),
    "mainstream_acad_post16_sen": ("resourced_provision", "post16", "commissioned"),
    "maintained_mainstream_post16": ("mainstream", "post16", "commissioned"),
    "special_acad_pre16_sen": ("special", "pre16", "commissioned"),
    "special_acad_post16_sen": ("special", "post16", "commissioned"),
    "maintained_special_post16": ("special", "post16", "commissioned"),
    "ap_acad_pre16_ap": ("ap_time_limited", "pre16", "commissioned"),
    "special_acad_pre16_ap": ("ap_transitional", "pre16", "commissioned"),
    "mainstream_acad_pre16_ap": ("ap_targeted", "pre16", "commissioned"),
}
PUBLISHED = [
    ("886", "Kent", "fe_ilp", 850, 893, 5_272_000),
    ("866", "Swindon", "fe_ilp", 213, 247, 1_414_000),
    ("342", "St Helens", "fe_ilp", 145, 164, 946_000),
    ("344", "Wirral", "fe_ilp", 119, 133, 770_000),
    ("332", "Dudley", "fe_ilp", 124, 203, 1_060_000),
    ("830", "Derbyshire", "mainstream_acad_pre16_sen_6k", 98, 107, 619_500),
    ("394", "Sunderland", "mainstream_acad_pre16_sen_6k", 144, 147, 874_500),
    ("874", "Peterborough", "mainstream_acad_pre16_sen_6k", 35, 19, 154_000),
    ("870", "Reading", "mainstream_acad_pre16_sen_6k", 28, 34, 189_000),
    ("816", "York", "special_acad_pre16_sen", 116, 115, 1_154_167),
    ("358", "Trafford", "special_acad_pre16_sen", 278, 283, 2_809_165),
    ("206", "Islington", "special_acad_pre16_sen", 258, 249, 2_527_503),
    ("884", "Herefordshire", "special_acad_pre16_sen", 151, 154, 1_527_499),
    ("810", "Kingston Upon Hull, City of", "special_acad_pre16_sen", 321, 333, 3_279_996),
    ("350", "Bolton", "maintained_special_post16", 55, 0, 183_315),
    ("306", "Croydon", "maintained_special_post16", 59, 0, 196_647),
    ("356", "Stockport", "maintained_special_post16", 63, 0, 209_979),
    ("860", "Staffordshire", "maintained_special_post16", 127, 0, 423_291),
    ("308", "Enfield", "mainstream_acad_pre16_sen_10k", 58, 3, 259_185),
    ("838", "Dorset", "mainstream_acad_pre16_sen_10k", 16, 6, 101_670),
    ("336", "Wolverhampton", "mainstream_acad_pre16_sen_10k", 25, 13, 180_004),
    ("302", "Barnet", "mainstream_acad_pre16_sen_10k", 21, 13, 163_336),
    ("372", "Rotherham", "special_acad_post16_sen", 69, 73, 716_668),
    ("852", "Southampton", "special_acad_post16_sen", 60, 63, 620_001),
    ("320", "Waltham Forest", "special_acad_post16_sen", 124, 123, 1_233_333),
    ("314", "Kingston upon Thames", "special_acad_post16_sen", 49, 52, 510_001),
    ("826", "Milton Keynes", "mainstream_acad_post16_sen", 24, 3, 60_000),
    ("808", "Stockton-on-Tees", "mainstream_acad_post16_sen", 6, 0, 12_000),
    ("880", "Torbay", "mainstream_acad_post16_sen", 4, 6, 32_000),
    ("208", "Lambeth", "maintained_mainstream_post16", 23, 0, 46_000),
    ("354", "Rochdale", "maintained_mainstream_post16", 4, 0, 8_000),
    ("888", "Lancashire", "maintained_mainstream_post16", 6, 0, 12_000),
    ("882", "Southend-on-Sea", "ap_acad_pre16_ap", 81, 75, 775_002),
    ("926", "Norfolk", "ap_acad_pre16_ap", 343, 363, 3_546_660),
    ("822", "Bedford Borough", "ap_acad_pre16_ap", 54, 62, 586_664),
    ("344", "Wirral", "ap_acad_pre16_ap", 100, 80, 883_340),
    ("936", "Surrey", "acad_16_19", 38, 33, 208_000),
    ("908", "Cornwall", "acad_16_19", 0, 4, 16_000),
    ("884", "Herefordshire", "special_acad_pre16_ap", 8, 0, 33_336),
    ("394", "Sunderland", "mainstream_acad_pre16_ap", 20, 18, 113_000),
]
RATES = published_rates("2019-20", "whole_pounds")


@pytest.mark.parametrize(("la_code", "authority", "kind", "first", "second", "pounds"), PUBLISHED)
def test_a_published_deduction_is_met_to_the_pound(
    la_code: str, authority: str, kind: str, first: int, second: int, pounds: int
) -> None:
    provision, phase, occupancy = KINDS[kind]
    row = some_places(
        la_code=la_code,
        provision=provision,
        phase=phase,
        occupancy=occupancy,
        places_first=str(first),
        places_second=str(second),
    )
    funding = fund_rows(RATES, row, period="FY2019-20")
    assert amounts(funding) == [pounds * 100], authority


def test_all_of_them_in_one_file_add_up() -> None:
    rows = [
        some_places(
            provider_id=f"{la_code} {kind}",
            provision=KINDS[kind][0],
            phase=KINDS[kind][1],
            occupancy=KINDS[kind][2],
            places_first=str(first),
            places_second=str(second),
        )
        for la_code, _, kind, first, second, _ in PUBLISHED
    ]
    funding = fund_rows(RATES, *rows, period="FY2019-20")
    assert funding.total == 100 * sum(cell[-1] for cell in PUBLISHED)
    assert found(funding) == {}


def test_a_kind_of_place_without_a_published_rate_is_a_finding() -> None:
    funding = fund_rows(RATES, some_places(provision="hospital"), period="FY2019-20")
    assert amounts(funding) == [None]
    assert found(funding) == {2: ["no_place_rate"]}


def test_exact_parts_differ_from_the_published_pounds() -> None:
    # 321 and 333 places: 10000 x (321 x 5 + 333 x 7) / 12 = 3,280,000, where 3,279,996 was published.
    exact = fund_rows(published_rates("2019-20", "exact"), some_places(places_first="321", places_second="333"))
    assert amounts(exact) == [328_000_000]
