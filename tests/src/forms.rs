//! Every form: the pipeline that tells its story, its name, and what people reply in it.

/// Hands the list to another macro, behind what is in the brackets.
#[macro_export]
macro_rules! every_form {
    ($then:ident [$($before:tt)*]) => {
        $then! { [$($before)*]
            steps "step" [];
            retries "retries" [];
            failure "failed step" [];
            model "model step" [];
            talks "tools" [];
            asks_before_tools "ask before tools" [
                "asks_before_tools/careful~2" => "\"allow\"",
                "asks_before_tools/careful~5" => r#"{"edit":{"word":"calm"}}"#
            ];
            clerks "tools on the context" ["clerks/clerk~3/better" => "\"better\""];
            lends "tools at a call" ["lends/clerk~2" => "\"allow\"", "lends/clerk~3/better" => "\"better\""];
            several "models" [];
            consults "tools of a server" ["consults/advised~3" => "\"allow\""];
            fallback "fallback" [];
            redirects "redirect" [];
            hits "cached" [];
            gate_plugins "plugins of a gate" [];
            settle "settle" [];
            branches "match, if" [];
            piped ">>" [];
            nested "pipeline on a part" [];
            restarts "pipeline retries" [];
            joined "join" [];
            joins_nested "join in join" [];
            join_settles "join settled" [];
            join_fails "join failed" [];
            asks "ask" ["asks/first" => "\"f\"", "asks/last" => "7"];
            asks_in_branches "ask in a branch" ["asks_in_branches/reply" => "\"r\""];
            asks_in_arms "ask in arms" ["asks_in_arms/a" => "\"a\"", "asks_in_arms/b" => "7"];
            asks_in_pipelines "ask in pipelines and arms"
                ["asks_in_pipelines/asks_inner/reply" => "\"1\"", "asks_in_pipelines/arm/reply" => "\"2\""];
            limited "limits" [];
            repeats "repeat" [];
            repeat_ends "repeat failed" [];
            asks_in_rounds "ask in rounds"
                ["asks_in_rounds/reply#1" => "\"1\"", "asks_in_rounds/reply#2" => "\"2\""];
            maps "map" [];
            map_settles "map settled" [];
            map_fails "map failed" [];
            loop_in_map "repeat in map" [];
            map_in_loop "map in repeat" [];
            asks_in_items "ask in items"
                ["asks_in_items/notes[0]/reply" => "\"1\"", "asks_in_items/notes[1]/reply" => "\"2\""];
            routes "route" [];
            asks_in_routes "ask in a route" ["asks_in_routes/reply" => "\"s\""];
            gates "gate" [];
            waits "wait" [];
            times_out "timeout" [];
            refines "refine" [];
            whole "whole context" [];
            keeps "findings" ["keeps/more" => "\"m\""];
            agentic "recipe agentic_loop" ["agentic/agentic_loop/reply#5" => "\"yes\""];
            solves "recipe solve" [];
            asks_in_refines "ask in a refine" [
                "asks_in_refines/verdict#1" => r#"{"Revise":"more"}"#,
                "asks_in_refines/verdict#2" => r#""Accept""#
            ];
        }
    };
}
