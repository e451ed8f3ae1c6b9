//! The name of each mistake that the macros report.
//!
//! A name ends the first line of a message, `.. [await_in_pipeline]`: users look it up, so it stays. Equal mistakes at
//! different places share a name. Each has a fixture in `tests/ui`, of which the book and `flujo explain` are made.

// A name is a constant that is spelt as messages show it: it is found by one search, and a misspelt one does not compile.
#![allow(non_upper_case_globals, reason = "a name is spelt in one way, here and in the message")]

use std::fmt::Display;

/// The name of a mistake, in the user's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Mistake(&'static str);

impl Mistake {
    /// The message, with the name at the end of its first line.
    pub(crate) fn named(self, message: impl Display) -> String {
        let (message, name) = (message.to_string(), self.0);
        match message.split_once('\n') {
            Some((headline, next)) => format!("{headline} [{name}]\n{next}"),
            None => format!("{message} [{name}]"),
        }
    }
}

macro_rules! mistakes {
    ($($name:ident)*) => {
        $(pub(crate) const $name: Mistake = Mistake(stringify!($name));)*
    };
}

mistakes! {
    ask_first_at_a_call
    ask_timeout_without_default
    ask_without_type
    assignment
    async_block
    attribute_in_pipeline
    attribute_on_the_function
    await_in_pipeline
    body_takes_one_value
    borrowed_value
    break_in_pipeline
    cached_with_tools
    calls_a_closure
    calls_itself
    cannot_run_in_pipeline
    closure_shape
    concurrency_zero
    conditional_field
    conditional_graph
    conditional_parameter
    const_parameter
    constructor_as_a_step
    context_assigned
    context_shadowed
    context_without_option
    continue_in_pipeline
    duration_in_quotes
    duration_too_long
    duration_zero
    empty_list
    empty_stop_text
    expected_a_body
    expression_too_long
    extra_not_pairs
    form_arguments
    form_as_a_step
    form_as_argument
    function_of_a_type
    generic_pipeline
    given_twice
    impure_expression
    input_without_a_name
    item_in_pipeline
    join_arms
    labelled_block
    let_else_goes_on
    let_outside_of_if
    let_without_value
    lifetime_parameter
    listed_twice
    loop_in_pipeline
    max_zero
    merge_rule_not_a_name
    merge_without_a_rule
    merge_without_part
    migrate_names_too_many
    migrate_of_version_one
    migrate_with_tools
    misplaced_costed
    misplaced_ctx
    missing_output
    model_chosen_twice
    mut_parameter
    named_not_called
    needs_named_fields
    nested_too_deeply
    not_a_body
    not_a_duration
    not_a_free_function
    not_a_function
    not_a_function_name
    not_a_list
    not_a_model_name
    not_a_node_name
    not_a_pipeline_name
    not_a_role_name
    not_a_service_tier
    not_a_step
    not_a_step_name
    not_a_tool_server
    not_a_whole_number
    not_an_amount
    not_async
    not_true_or_false
    not_usage_limits
    number_negative
    number_out_of_range
    number_suffix
    number_too_large
    number_too_small
    option_arguments
    option_of_a_call
    option_of_model_steps
    option_of_the_attribute
    option_syntax
    option_type_arguments
    option_without_a_value
    option_without_tools
    output_hidden
    output_not_available
    part_asked_twice
    part_with_a_value
    pipeline_qualifier
    prompt_cache_time
    prompt_not_returned
    prompt_without_a_model
    question_mark
    question_reads_the_context
    resources_read
    result_not_returned
    return_in_pipeline
    right_side_of_pipe
    route_arm_of_two
    route_without_match
    run_called
    run_info_in_pipeline
    run_info_not_borrowed
    runs_nothing
    secret_recorded
    shared_state
    skipped_field
    step_in_a_closure
    step_qualifier
    step_shadowed
    struct_options
    struct_with_parameters
    too_many_inputs
    too_many_parts
    tool_of_itself
    tool_timeout_without_question
    tool_timeout_without_reply
    trait_object_held
    two_contexts
    two_functions
    two_parts_of_one_type
    two_references
    two_resources
    two_resources_of_one_type
    two_tools_of_one_name
    type_left_out
    type_not_recordable
    type_without_a_name
    unbounded_loop
    unknown_call_option
    unknown_context_option
    unknown_effort
    unknown_form_option
    unknown_merge_rule
    unknown_pipeline_option
    unknown_step_option
    unknown_tool_choice
    unknown_tool_option
    unmarked_context
    unsafe_block
    unsized_parameter
    used_twice
    value_as_argument
    value_cannot_wait
    value_not_written_out
    variadic
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_the_first_line() {
        assert_eq!(given_twice.named("`retries` is given twice"), "`retries` is given twice [given_twice]");
        let two = given_twice.named("`retries` is given twice\nkeep one of them");
        assert_eq!(two, "`retries` is given twice [given_twice]\nkeep one of them");
    }
}
