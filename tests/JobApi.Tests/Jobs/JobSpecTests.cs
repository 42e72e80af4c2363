using System.Buffers;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using JobSystem.Contracts;
using JobSystem.JobApi.Broadcasts;
using JobSystem.JobApi.Http.Jobs;
using JobSystem.JobApi.Http.Jobs.Submit;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Model;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Storage.Postgres;
using Microsoft.EntityFrameworkCore;

namespace JobSystem.JobApi.Tests.Jobs;

/// <summary>A member of a job's specification is at every place that has to know it. A new member fails here until it is.</summary>
public sealed class JobSpecTests
{
    static readonly DateTimeOffset moment = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Names in the API that are not the member's name in snake case.</summary>
    static readonly Dictionary<string, string> apiNames = new()
    {
        [nameof(JobSpec.TaskVersion)] = "version",
        [nameof(JobSpec.TimeoutSeconds)] = "timeout",
        [nameof(JobSpec.IsBroadcast)] = "broadcast",
    };

    /// <summary>What a worker does not need to know in order to run an attempt.</summary>
    static readonly string[] notGranted =
    [
        nameof(JobSpec.Title), nameof(JobSpec.Description), nameof(JobSpec.ExpiresAt),
        nameof(JobSpec.RetryDelay), nameof(JobSpec.IsBroadcast),
    ];

    public static TheoryData<string> Members => [.. Properties.Select(x => x.Name)];

    static PropertyInfo[] Properties => typeof(JobSpec).GetProperties(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly);

    [Theory]
    [MemberData(nameof(Members))]
    public void Member_HasAColumn(string member)
    {
        var column = JsonNamingPolicy.SnakeCaseLower.ConvertName(member);
        Assert.Contains(column, JobColumn.Inserted.Select(x => x.Name));
        Assert.Contains(column, JobRow.Columns.Split(", "));
        using var context = new PostgresJobsContextFactory().CreateDbContext([]);
        Assert.Equal(column, context.Model.FindEntityType(typeof(JobState))!.FindProperty(member)?.GetColumnName());
    }

    [Theory]
    [MemberData(nameof(Members))]
    public void Member_IsInTheApi(string member)
    {
        Assert.Contains(ApiName(member), JobFields.All);
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json))
        {
            JobView.Write(writer, NewJob());
        }
        using var view = JsonDocument.Parse(json.WrittenMemory);
        Assert.Equal(Shown(member, NewJob()), view.RootElement.GetProperty(ApiName(member)).GetRawText());
    }

    [Theory]
    [MemberData(nameof(Members))]
    public void Member_IsInTheBusCommand(string member) => Assert.Contains(ApiName(member), JsonNames(typeof(SubmitJob)));

    [Theory]
    [MemberData(nameof(Members))]
    public void Member_IsInTheGrantIfAWorkerNeedsIt(string member) =>
        Assert.NotEqual(notGranted.Contains(member), JsonNames(typeof(GrantedAttempt)).Contains(ApiName(member)));

    [Theory]
    [MemberData(nameof(Members))]
    public void Member_IsInTheHashOfARequest(string member)
    {
        var request = new JobRequest { TaskName = "echo" };
        var property = RequestMember(member);
        var other = request with { };
        property.SetValue(other, Value(property.PropertyType));
        Assert.NotEqual(RequestHash.Of(request), RequestHash.Of(other));
    }

    [Theory]
    [MemberData(nameof(Members))]
    public void Member_IsCloned(string member)
    {
        var job = NewJob();
        var template = CloneJob.TemplateOf(job);
        switch (member)
        {
            case nameof(JobSpec.ScheduledAt):
                Assert.Null(template.ScheduledAt);
                break;
            case nameof(JobSpec.ExpiresAt):
                Assert.Equal((job.ExpiresAt - job.ScheduledAt)!.Value.TotalSeconds, template.ExpiresIn);
                break;
            default:
                Assert.Equal(typeof(JobSpec).GetProperty(member)!.GetValue(job), RequestMember(member).GetValue(template));
                break;
        }
    }

    [Theory]
    [MemberData(nameof(Members))]
    public void Member_IsInTheChildrenOfABroadcast(string member)
    {
        var parent = NewJob();
        var child = BroadcastRunner.CreateChild(parent, new(Guid.CreateVersion7(), "w1", "one"));
        var property = typeof(JobSpec).GetProperty(member)!;
        object? expected = member switch
        {
            nameof(JobSpec.ScheduledAt) => null,
            nameof(JobSpec.IsBroadcast) => false,
            _ => property.GetValue(parent),
        };
        Assert.Equal(expected, property.GetValue(child));
    }

    /// <summary>Every member has a value of its own that is not the default.</summary>
    internal static JobState NewJob()
    {
        var job = new JobState { CorrelationId = Guid.CreateVersion7(), Version = 1, TaskName = "", QueueName = "", Owner = "ann", CreatedAt = moment, UpdatedAt = moment };
        foreach (var property in Properties)
        {
            property.SetValue(job, property.Name switch
            {
                nameof(JobSpec.Args) => "[1]",
                nameof(JobSpec.Kwargs) => """{"a":1}""",
                nameof(JobSpec.Metadata) => """{"b":2}""",
                nameof(JobSpec.ExpiresAt) => moment.AddHours(2),
                _ when property.PropertyType == typeof(string) => $"{property.Name}.1",
                _ => Value(property.PropertyType),
            });
        }
        return job;
    }

    static object Value(Type type) => (Nullable.GetUnderlyingType(type) ?? type) switch
    {
        var x when x == typeof(string) => "[7]",
        var x when x == typeof(string[]) => (string[])["one", "two"],
        var x when x == typeof(byte) => (byte)3,
        var x when x == typeof(int) => 7,
        var x when x == typeof(double) => 7.5,
        var x when x == typeof(bool) => true,
        var x when x == typeof(DateTimeOffset) => moment.AddHours(1),
        var x => throw new NotSupportedException($"a value of {x} is needed here"),
    };

    static string Shown(string member, JobState job) => typeof(JobSpec).GetProperty(member)!.GetValue(job) switch
    {
        string text when member is nameof(JobSpec.Args) or nameof(JobSpec.Kwargs) or nameof(JobSpec.Metadata) => text,
        DateTimeOffset at => JsonSerializer.Serialize(at.UtcDateTime),
        byte level => JsonSerializer.Serialize(Priority.FromLevel(level)),
        var value => JsonSerializer.Serialize(value),
    };

    static PropertyInfo RequestMember(string member) => typeof(JobRequest).GetProperty(member switch
    {
        nameof(JobSpec.TaskVersion) => nameof(JobRequest.Version),
        nameof(JobSpec.TimeoutSeconds) => nameof(JobRequest.Timeout),
        nameof(JobSpec.IsBroadcast) => nameof(JobRequest.Broadcast),
        _ => member,
    })!;

    static string ApiName(string member) => apiNames.GetValueOrDefault(member) ?? JsonNamingPolicy.SnakeCaseLower.ConvertName(member);

    static List<string?> JsonNames(Type type) => [.. type.GetProperties().Select(x => x.GetCustomAttribute<JsonPropertyNameAttribute>()?.Name)];
}
