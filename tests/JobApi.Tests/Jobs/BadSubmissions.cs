namespace JobSystem.JobApi.Tests.Jobs;

/// <summary>
/// Everything that a submission can have wrong with it, as one table: it is put to the reader, to the HTTP address and to the bus.
/// </summary>
public static class BadSubmissions
{
    public static readonly DateTimeOffset Now = new(2031, 5, 6, 7, 8, 9, TimeSpan.Zero);

    /// <summary>The JSON, the field that is named, and what the message says.</summary>
    public static TheoryData<string, string, string> Table => new()
    {
        { "[]", "body", "expected a JSON object; got an array" },
        { "\"job\"", "body", "expected a JSON object; got \"job\"" },
        { "null", "body", "expected a JSON object; got null" },
        { "{}", "task_name", "expected a task name of 1 to 128 letters, digits, '.', '_', ':' or '-'; got nothing" },
        { """{"task_name":null}""", "task_name", "expected a task name of 1 to 128 letters, digits, '.', '_', ':' or '-'; got nothing" },
        { """{"task_name":5}""", "task_name", "expected a task name of 1 to 128 letters, digits, '.', '_', ':' or '-'; got 5" },
        { """{"task_name":""}""", "task_name", "expected a task name of 1 to 128 letters, digits, '.', '_', ':' or '-'; got \"\"" },
        { """{"task_name":"a b"}""", "task_name", "expected a task name of 1 to 128 letters, digits, '.', '_', ':' or '-'; got \"a b\"" },
        { """{"task_name":"\ud800"}""", "task_name", Half("\\ud800") },
        { """{"task_name":"echo","args":["\ud83d"]}""", "args", Half("\\ud83d") },
        { """{"task_name":"echo","args":["\\\\",["\uD83D\uDE00 \\ud83d \uDE00"]]}""", "args", Half("\\uDE00") },
        { """{"task_name":"echo","kwargs":{"v":"\ud83d"}}""", "kwargs", Half("\\ud83d") },
        { """{"task_name":"echo","kwargs":{"v":{"deep":[1,{"\udc00":1}]}}}""", "kwargs", Half("\\udc00") },
        { """{"task_name":"echo","kwargs":{"\ud83d":1,"\ud83d":1}}""", "kwargs", Half("\\ud83d") },
        { """{"task_name":"echo","metadata":{"a":"\ud83d\ud83d\ude00"}}""", "metadata", Half("\\ud83d") },
        { """{"task_name":"echo","tags":["a","\ude00\ud83d"]}""", "tags", Half("\\ude00") },
        { """{"task_name":"echo","title":"\ud83dx"}""", "title", Half("\\ud83d") },
        { """{"task_name":"echo","description":"x\ud83d\n"}""", "description", Half("\\ud83d") },
        { """{"task_name":"echo","idempotency_key":"\uDFFF"}""", "idempotency_key", Half("\\uDFFF") },
        { """{"task_name":"echo","\ud83d":1}""", "?", Half("\\ud83d") },
        { """{"task_name":"echo","colour":"red"}""", "colour", "unknown member" },
        { """{"task_name":"echo","que_name":"q"}""", "que_name", "unknown member; did you mean queue_name?" },
        { """{"task_name":"echo","queue":"q"}""", "queue", "unknown member; did you mean queue_name?" },
        { """{"task_name":"echo","maxRetries":1}""", "maxRetries", "unknown member; did you mean max_retries?" },
        { """{"task_name":"echo","owner":"root"}""", "owner", "unknown member" },
        { """{"task_name":"echo","wait_timeout":1}""", "wait_timeout", "unknown member" },
        { """{"task_name":"echo","priority":"low","priority":"high"}""", "priority", "expected once; got more than once" },
        { """{"task_name":"echo","args":{"a":1}}""", "args", "expected an array; got an object" },
        { """{"task_name":"echo","args":"a"}""", "args", "expected an array; got \"a\"" },
        { """{"task_name":"echo","kwargs":[1]}""", "kwargs", "expected an object; got an array" },
        { """{"task_name":"echo","kwargs":{"a":1,"a":2}}""", "kwargs", "expected each name once; got \"a\" more than once" },
        { """{"task_name":"echo","kwargs":{"a":1,"b":2,"\u0061":3}}""", "kwargs", "expected each name once; got \"a\" more than once" },
        { """{"task_name":"echo","metadata":{"a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"c":2}}""", "metadata", "expected each name once; got \"c\" more than once" },
        { """{"task_name":"echo","queue_name":"a/b"}""", "queue_name", "expected a queue name of 1 to 64 letters, digits, '.', '_' or '-'; got \"a/b\"" },
        { """{"task_name":"echo","queue_name":7}""", "queue_name", "expected a queue name of 1 to 64 letters, digits, '.', '_' or '-'; got 7" },
        { """{"task_name":"echo","priority":"urgent"}""", "priority", "expected one of critical, high, normal, low; got \"urgent\"" },
        { """{"task_name":"echo","priority":4}""", "priority", "expected one of critical, high, normal, low; got 4" },
        { """{"task_name":"echo","scheduled_at":"tomorrow"}""", "scheduled_at", "expected a time such as 2030-01-31T12:00:00Z; got \"tomorrow\"" },
        { """{"task_name":"echo","scheduled_at":"2031-05-07"}""", "scheduled_at", "expected a time such as 2030-01-31T12:00:00Z; got \"2031-05-07\"" },
        { """{"task_name":"echo","scheduled_at":1935000000}""", "scheduled_at", "expected a time such as 2030-01-31T12:00:00Z; got 1935000000" },
        { """{"task_name":"echo","scheduled_at":"2031-02-30T00:00:00Z"}""", "scheduled_at", "expected a time such as 2030-01-31T12:00:00Z; got \"2031-02-30T00:00:00Z\"" },
        { """{"task_name":"echo","run_at":"9999-12-31T00:00:00Z"}""", "run_at", "expected a time before 2041-05-06; got \"9999-12-31T00:00:00Z\"" },
        { """{"task_name":"echo","delay":-1}""", "delay", "expected a number of seconds from 0 to 315619200; got -1" },
        { """{"task_name":"echo","delay":"5"}""", "delay", "expected a number of seconds from 0 to 315619200; got \"5\"" },
        { """{"task_name":"echo","delay":1e300}""", "delay", "expected a number of seconds from 0 to 315619200; got 1e300" },
        { """{"task_name":"echo","delay":1e999}""", "delay", "expected a number of seconds from 0 to 315619200; got 1e999" },
        { """{"task_name":"echo","scheduled_at":"2031-05-07T00:00:00Z","delay":5}""", "delay", "expected only one of scheduled_at and delay; got both" },
        { """{"task_name":"echo","scheduled_at":"2031-05-07T00:00:00Z","run_at":"2031-05-07T00:00:00Z"}""", "run_at", "expected only one of scheduled_at and run_at; got both" },
        { """{"task_name":"echo","run_at":"2031-05-07T00:00:00Z","delay":0}""", "delay", "expected only one of run_at and delay; got both" },
        { """{"task_name":"echo","max_retries":-1}""", "max_retries", "expected a whole number from 0 to 100; got -1" },
        { """{"task_name":"echo","max_retries":101}""", "max_retries", "expected a whole number from 0 to 100; got 101" },
        { """{"task_name":"echo","max_retries":1.5}""", "max_retries", "expected a whole number from 0 to 100; got 1.5" },
        { """{"task_name":"echo","max_retries":99999999999999999999}""", "max_retries", "expected a whole number from 0 to 100; got 99999999999999999999" },
        { """{"task_name":"echo","max_retries":true}""", "max_retries", "expected a whole number from 0 to 100; got true" },
        { """{"task_name":"echo","max_retries":"3"}""", "max_retries", "expected a whole number from 0 to 100; got \"3\"" },
        { """{"task_name":"echo","retry_delay":-0.5}""", "retry_delay", "expected a number of seconds from 0 to 604800; got -0.5" },
        { """{"task_name":"echo","retry_delay":604801}""", "retry_delay", "expected a number of seconds from 0 to 604800; got 604801" },
        { """{"task_name":"echo","timeout":0}""", "timeout", "expected a number of seconds greater than 0 and at most 604800; got 0" },
        { """{"task_name":"echo","timeout":-3}""", "timeout", "expected a number of seconds greater than 0 and at most 604800; got -3" },
        { """{"task_name":"echo","timeout":[]}""", "timeout", "expected a number of seconds greater than 0 and at most 604800; got an array" },
        { """{"task_name":"echo","tags":"urgent"}""", "tags", "expected an array of texts; got \"urgent\"" },
        { """{"task_name":"echo","tags":["a",5]}""", "tags[1]", "expected a string of 1 to 64 characters without commas and control characters; got 5" },
        { """{"task_name":"echo","tags":["a,b"]}""", "tags[0]", "expected a string of 1 to 64 characters without commas and control characters; got \"a,b\"" },
        { """{"task_name":"echo","tags":[""]}""", "tags[0]", "expected a string of 1 to 64 characters without commas and control characters; got \"\"" },
        { """{"task_name":"echo","tags":["a\u0000"]}""", "tags[0]", """expected a string of 1 to 64 characters without commas and control characters; got "a\u0000" """.TrimEnd() },
        { $$"""{"task_name":"echo","tags":[{{string.Join(',', Enumerable.Range(0, 33).Select(i => $"\"t{i}\""))}}]}""", "tags", "expected at most 32 tags; got 33" },
        { $$"""{"task_name":"echo","tags":["{{new string('x', 65)}}"]}""", "tags[0]", $"expected a string of 1 to 64 characters without commas and control characters; got \"{new string('x', 65)}\"" },
        { """{"task_name":"echo","metadata":[]}""", "metadata", "expected an object; got an array" },
        { $"{{\"task_name\":\"echo\",\"metadata\":{{\"k\":\"{new string('m', 16 << 10)}\"}}}}", "metadata", $"expected at most 16384 bytes of JSON; got {(16 << 10) + 8} bytes" },
        { """{"task_name":"echo","version":"1 0"}""", "version", "expected a version of 1 to 64 letters, digits, '.', '_', '-' or '+'; got \"1 0\"" },
        { """{"task_name":"echo","version":1.0}""", "version", "expected a version of 1 to 64 letters, digits, '.', '_', '-' or '+'; got 1.0" },
        { """{"task_name":"echo","job_id":"a b"}""", "job_id", "expected 1 to 128 letters, digits, '.', '_', ':' or '-'; got \"a b\"" },
        { """{"task_name":"echo","job_id":""}""", "job_id", "expected 1 to 128 letters, digits, '.', '_', ':' or '-'; got \"\"" },
        { """{"task_name":"echo","job_id":12}""", "job_id", "expected 1 to 128 letters, digits, '.', '_', ':' or '-'; got 12" },
        { $$"""{"task_name":"echo","job_id":"{{new string('j', 129)}}"}""", "job_id", $"expected 1 to 128 letters, digits, '.', '_', ':' or '-'; got \"{new string('j', 79)}… (131 characters)" },
        { """{"task_name":"echo","job_id":"Stats"}""", "job_id", "expected an id that is not a word of the API's own paths; got \"Stats\"" },
        { """{"task_name":"echo","job_id":".."}""", "job_id", "expected an id that is not a word of the API's own paths; got \"..\"" },
        { """{"task_name":"echo","idempotency_key":""}""", "idempotency_key", "expected 1 to 255 printable characters; got \"\"" },
        { """{"task_name":"echo","idempotency_key":"a\nb"}""", "idempotency_key", """expected 1 to 255 printable characters; got "a\nb" """.TrimEnd() },
        { """{"task_name":"echo","expires_in":0}""", "expires_in", "expected a number of seconds greater than 0 and at most 315619200; got 0" },
        { """{"task_name":"echo","expires_at":"2021-05-06T07:08:08Z"}""", "expires_at", "expected a time in the future; got 2021-05-06T07:08:08Z, which has passed" },
        { """{"task_name":"echo","expires_at":"2031-05-07T00:00:00Z","expires_in":5}""", "expires_in", "expected only one of expires_at and expires_in; got both" },
        { """{"task_name":"echo","expires_at":"2031-05-07T00:00:00Z","scheduled_at":"2031-05-07T00:00:01+00:00"}""", "scheduled_at", "expected a start before the job expires at 2031-05-07T00:00:00Z; got 2031-05-07T00:00:01Z" },
        { """{"task_name":"echo","expires_in":10,"delay":10}""", "delay", "expected a start before the job expires at 2031-05-06T07:08:19Z; got 2031-05-06T07:08:19Z" },
        { """{"task_name":"echo","title":5}""", "title", "expected a string of at most 200 characters without control characters; got 5" },
        { """{"task_name":"echo","title":"a\u0000b"}""", "title", """expected a string of at most 200 characters without control characters; got "a\u0000b" """.TrimEnd() },
        { """{"task_name":"echo","description":{}}""", "description", "expected a string of at most 4000 characters without control characters; got an object" },
        { """{"task_name":"echo","broadcast":"yes"}""", "broadcast", "expected true or false; got \"yes\"" },
        { Sized(257 << 10), "args", $"expected at most 262144 bytes of JSON; got {257 << 10} bytes" },
        { $"{{\"task_name\":\"echo\",\"args\":[\"{new string('a', 200 << 10)}\"],\"kwargs\":{{\"k\":\"{new string('b', 100 << 10)}\"}}}}", "kwargs", "expected at most 262144 bytes of JSON together with args; got 307212 bytes" },
        { $$"""{"task_name":"echo","args":{{Nested(33)}}}""", "args", "expected at most 32 levels of nesting; got 33 levels" },
        { $"{{\"task_name\":\"echo\",\"kwargs\":{{\"k\":{Nested(32)}}}}}", "kwargs", "expected at most 32 levels of nesting; got 33 levels" },
        { $"{{\"task_name\":\"echo\",\"metadata\":{{\"k\":{Nested(40)}}}}}", "metadata", "expected at most 32 levels of nesting; got 41 levels" },
        { $$"""{"task_name":"echo","args":{{Nested(63)}}}""", "args", "expected at most 32 levels of nesting; got 63 levels" },
        { $$"""{"task_name":"echo","args":{{Nested(64)}}}""", "args", "nested too deeply; the maximum is 64 levels" },
        { $$"""{"task_name":"echo","args":{{Nested(5000)}}}""", "args", "nested too deeply; the maximum is 64 levels" },
    };

    /// <summary>Not JSON at all, and where it stops being JSON.</summary>
    public static TheoryData<string, string> Malformed => new()
    {
        { "", "expected a JSON object; got nothing" },
        { "{", "expected a JSON object; got malformed JSON at line 1, byte 2" },
        { "{\"task_name\":\"echo\",}", "expected a JSON object; got malformed JSON at line 1, byte 21" },
        { "{\"task_name\":\n'echo'}", "expected a JSON object; got malformed JSON at line 2, byte 1" },
        { "{\"task_name\":\"echo\"} {}", "expected a JSON object; got malformed JSON at line 1, byte 22" },
        { "task_name=echo", "expected a JSON object; got malformed JSON at line 1, byte 2" },
        { "{\"task_name\":\"echo\",\"args\":[NaN]}", "expected a JSON object; got malformed JSON at line 1, byte 29" },
    };

    static string Half(string escape) => $"expected valid Unicode; got {escape}, which is half of a surrogate pair";

    public static string Nested(int depth) => new string('[', depth) + new string(']', depth);

    /// <summary>A submission whose args are exactly so many bytes.</summary>
    public static string Sized(int bytes) => $$"""{"task_name":"echo","args":["{{new string('x', bytes - 4)}}"]}""";

    /// <summary>The part of a message that does not depend on the clock of the reader.</summary>
    public static string BeforeTime(string message) => message.Split(" 20")[0];
}
