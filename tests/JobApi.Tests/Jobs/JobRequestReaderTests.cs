using System.Text;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Storage;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Tests.Jobs;

public sealed class JobRequestReaderTests
{
    readonly JobRequestReader reader = new(Options.Create(new JobLimits()));
    readonly FieldErrors errors = new();

    [Theory]
    [MemberData(nameof(BadSubmissions.Table), MemberType = typeof(BadSubmissions))]
    public void Read_BadSubmission_NamesFieldAndWhatWasExpected(string json, string field, string message)
    {
        Assert.Null(Read(json));
        Assert.Equal([message], Assert.Contains(field, errors.Messages));
        Assert.Equal($"{field}: {message}", errors.Summary);
    }

    [Theory]
    [MemberData(nameof(BadSubmissions.Malformed), MemberType = typeof(BadSubmissions))]
    public void Parse_Malformed_SaysWhere(string json, string message)
    {
        Assert.Null(JsonBody.Parse(Encoding.UTF8.GetBytes(json), errors));
        Assert.StartsWith(message, Assert.Single(Assert.Contains("body", errors.Messages)), StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_NotUtf8_IsRefused()
    {
        Assert.Null(JsonBody.Parse(Encoding.Latin1.GetBytes("{\"task_name\":\"é\"}"), errors));
        Assert.Equal("malformed_json", errors.Code);
    }

    [Fact]
    public void Read_SeveralFaults_NamesAll()
    {
        Assert.Null(Read("""{"task_name":"echo","priority":"urgent","max_retries":-1,"colour":1}"""));
        Assert.Equal(["priority", "max_retries", "colour"], errors.Messages.Keys);
        Assert.EndsWith("(and 2 more)", errors.Summary, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_InBatch_NamesPosition()
    {
        errors.Index = 3;
        Assert.Null(Read("""{"task_name":"echo","priority":"urgent"}"""));
        Assert.Contains("jobs[3].priority", errors.Messages);
    }

    [Fact]
    public void Parse_HalfOfAPairInBatch_NamesPosition()
    {
        Assert.Null(JsonBody.Parse("""{"jobs":[{"task_name":"echo"},{"task_name":"echo","kwargs":{"v":["\ud83d"]}}]}"""u8.ToArray(), errors));
        Assert.Equal(["jobs[1].kwargs"], errors.Messages.Keys);
    }

    [Fact]
    public void Read_Everything_IsKept()
    {
        var request = Read("""
            {"task_name":"mail.send","args":[1, "två",null],"kwargs":{"to": "a@b"},"queue_name":"emails","priority":"critical",
             "scheduled_at":"2031-05-06T10:00:00.1234567+02:00","max_retries":0,"retry_delay":0.5,"timeout":2,"tags":["a","b","a"],
             "metadata":{"n":1},"version":"1.2","job_id":"order:1","idempotency_key":"key 1","expires_at":"2031-06-01T00:00:00Z",
             "title":"Title","description":"Line\nline","broadcast":true}
            """);
        Assert.False(errors.Any, errors.Summary);
        Assert.Equal(
            new JobRequest
            {
                TaskName = "mail.send",
                Args = """[1, "två",null]""",
                Kwargs = """{"to": "a@b"}""",
                QueueName = "emails",
                Priority = 4,
                ScheduledAt = new(2031, 5, 6, 8, 0, 0, 123, 456, TimeSpan.Zero),
                MaxRetries = 0,
                RetryDelay = 0.5,
                Timeout = 2,
                Metadata = """{"n":1}""",
                Version = "1.2",
                JobId = "order:1",
                Broadcast = true,
                IdempotencyKey = "key 1",
                ExpiresAt = new(2031, 6, 1, 0, 0, 0, TimeSpan.Zero),
                Title = "Title",
                Description = "Line\nline",
            },
            request! with { Tags = null });
        Assert.Equal(["a", "b"], request.Tags!);
    }

    [Fact]
    public void Read_NullsAndEmpties_CountAsAbsent()
    {
        var nulls = string.Join(',', JobFields.All.Where(x => x is not ("task_name" or "wait_timeout")).Select(x => $"\"{x}\":null"));
        Assert.Equal(new JobRequest { TaskName = "echo" }, Read($$"""{"task_name":"echo",{{nulls}}}"""));
        Assert.Equal(new JobRequest { TaskName = "echo" }, Read("""{"task_name":"echo","args":[],"kwargs":{},"metadata":{},"tags":[]}"""));
    }

    [Theory]
    [InlineData("""{"task_name":"echo","scheduled_at":"2020-01-01T00:00:00Z"}""")]
    [InlineData("""{"task_name":"echo","scheduled_at":"2031-05-06T10:00:00"}""")]
    [InlineData("""{"task_name":"echo","scheduled_at":"2031-05-06T10:00:00.123456789Z"}""")]
    [InlineData("""{"task\u005fname":"echo"}""")]
    [InlineData("""{"task_name":"echo","args":["]]]]]]]]]]}}}}\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["]}""")]
    [InlineData("""{"task_name":"echo","args":["\ud83d\uDE00","\\ud83d",{"\uD83D\ude00":"\u0000"}]}""")]
    [InlineData("""{"task_name":"echo","job_id":"0195d3a5-7e43-7b57-8d3a-0123456789ab"}""")]
    public void Read_UnusualButFine_IsAccepted(string json)
    {
        Assert.NotNull(Read(json));
        Assert.False(errors.Any, errors.Summary);
    }

    [Fact]
    public void Read_AtTheLimits_IsAccepted()
    {
        Assert.NotNull(Read(BadSubmissions.Sized(256 << 10)));
        Assert.NotNull(Read($$"""{"task_name":"echo","args":{{BadSubmissions.Nested(32)}}}"""));
        Assert.NotNull(Read($$"""{"task_name":"echo","job_id":"{{new string('j', 128)}}"}"""));
        Assert.NotNull(Read("""{"task_name":"echo","max_retries":100,"retry_delay":604800,"timeout":604800,"delay":315619200}"""));
        Assert.False(errors.Any, errors.Summary);
    }

    JobRequest? Read(string json)
    {
        var document = JsonBody.Parse(Encoding.UTF8.GetBytes(json), errors);
        using (document)
        {
            return document is null ? null : reader.Read(document.RootElement, BadSubmissions.Now, errors);
        }
    }
}
