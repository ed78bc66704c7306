"""Every reported fault of Microsoft Graph that can touch us, through the simulator, in a test named after it.

Each lets the fault happen to a whole run over the database, then lets things calm down: nothing lost, doubled or
mailed, both sides equal, few requests, and in between a plain sentence. The numbers are those of facts: graph §7 (the
pitfalls of others) and §8 (the simulator's faults); §1, §2 and §3 are where a fault is told in the running text.

§7
1 occurrence rows without a subject: test_7_01_occurrence_rows_lack_their_subject
2 deleted occurrence without a row: test_7_02_a_deleted_occurrence_makes_no_row_of_its_own
3 @removed outside the window: test_7_03_removed_rows_come_for_events_outside_the_window
4 endless nextLink: test_7_04_the_next_link_leads_to_the_same_page_for_ever,
  test_7_04_the_list_of_everything_never_ends, test_7_04_empty_pages_lead_on_without_end
5 sync state lost: test_7_05_the_sync_state_is_lost_at_any_page, test_7_05_the_sync_state_is_lost_in_every_round
6 503 and 504 with endless series: test_7_06_endless_series_time_the_feed_out, test_7_06_nothing_answers_in_time,
  test_7_06_the_feed_times_out_between_two_pages
7 empty startDateTime: a fault of generated SDKs; our one query always has both, or no round would ever begin
8 all-day at midnight "UTC": test_7_08_all_day_is_midnight_in_whatever_zone
9 all-day two days long: a fault of the O365 library; the test of 8 compares both ends
10 tzone://Microsoft/Custom: test_7_10_the_zone_is_custom
11 zone of originalStart: test_7_11_the_original_start_follows_the_zone_asked_for
12 numbered recurrence: test_7_12_a_numbered_series_keeps_its_number
13 drift over daylight saving: test_7_13_a_series_keeps_its_wall_clock_over_daylight_saving
14 new occurrence ids, single becomes recurring, first occurrence an exception:
  test_7_14_a_shifted_series_has_new_occurrence_ids, test_7_14_a_single_entry_begins_to_repeat
15 the answer to a POST is lost: test_7_15_the_answer_to_a_create_is_lost
16 invitation spam: test_7_16_nobody_is_invited_by_us (and the ledger of mails at the end of every test)
17 a second participant's copy: test_7_17_a_second_participant_brings_the_same_meeting
18 the edge of the window: test_7_18_an_entry_that_ends_where_the_window_begins
19 "this and following": test_7_19_this_and_following_splits_a_series
20 deleted occurrences come back: test_7_20_a_deleted_occurrence_stays_deleted
21 the online meeting is lost with a body: test_7_21_an_online_meeting_survives_our_edits
22 text comes back as HTML: test_7_22_plain_text_comes_back_as_markup
23 MailboxConcurrency: test_7_23_a_mailbox_takes_four_requests_at_once,
  test_7_23_at_most_one_request_of_ours_is_open_per_mailbox
24, 25 notifications twice or thrice, orphan subscriptions: we subscribe to nothing; the feed is asked
26 MailboxNotEnabledForRESTAPI or ResourceNotFound: test_7_26_the_mailbox_goes_away_and_comes_back
27 PATCH answered and not persisted: test_7_27_a_change_is_answered_and_not_kept,
  test_7_27_a_part_of_a_change_is_not_kept, test_7_27_a_change_of_an_occurrence_is_answered_and_not_kept
28 calendar ids change: test_7_28_no_request_names_a_calendar_by_its_id
29 no extended properties in the feed: test_7_29_the_feed_does_not_tell_whose_mirror_it_is
30 cancelled occurrence with nulls: test_7_30_a_cancelled_occurrence_is_all_null
31 /events shows masters only: test_7_31_a_series_takes_up_time_like_any_entry

§8, where it says more than §7
429, 503, 504 with and without Retry-After: test_8_retry_after_is_kept_to_the_second,
  test_8_throttled_without_retry_after, test_8_throttled_in_the_middle_of_writing, test_8_throttled_inside_a_batch
403 for one mailbox: test_8_access_to_one_mailbox_is_denied
token without roles, 401: test_8_the_token_has_no_roles, test_8_the_token_is_refused
500, cut connections, half an answer: test_8_any_request_may_fail
pattern drops exceptions and gives new ids: test_3_a_new_pattern_drops_every_exception,
  test_3_a_pattern_is_written_and_its_exceptions_are_not
ErrorOccurrenceCrossingBoundary, ErrorPropertyValidationFailure: test_3_an_occurrence_crosses_its_neighbour,
  test_3_a_new_series_has_an_occurrence_that_exchange_refuses, test_3_an_entry_is_refused_as_such
ErrorIrresolvableConflict, If-Match ignored: test_3_a_conflict_that_is_none,
  test_3_somebody_edits_a_single_entry_while_it_is_written, test_3_somebody_edits_a_series_while_it_is_written,
  test_3_somebody_edits_a_series_while_it_is_made
consent, secret and sign-in: test_1_consent_is_taken_back_and_given_again, test_1_the_secret_expires,
  test_1_the_sign_in_is_out_of_order
replays, rows without order, lost deletions, stale success, preferences: test_2_replays_of_rows_are_harmless,
  test_2_a_row_and_its_removal_come_in_one_round, test_2_deletions_never_reach_the_feed,
  test_2_a_mirror_is_deleted_before_the_feed_has_told_of_it,
  test_2_a_success_that_is_stale, test_2_preferences_are_not_in_the_cursor
duplicate, late and lost notifications, subscriptionRemoved, missed: we subscribe to nothing
the remaining codes and shapes, one request each: tests/contract/test_graph_trouble.py, tests/unit/remote/graph
"""
