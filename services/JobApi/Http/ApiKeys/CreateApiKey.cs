using System.Text.Json;
using JobSystem.Api;
using JobSystem.JobApi.ApiKeys;
using JobSystem.JobApi.Jobs;
using JobSystem.JobApi.Storage;
using JobSystem.JobApi.Time;
using JobSystem.ServiceDefaults.ApiKeys;
using JobSystem.ServiceDefaults.Audit;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace JobSystem.JobApi.Http.ApiKeys;

/// <summary>POST /api-keys: the only answer that shows the key.</summary>
static class CreateApiKey
{
    const string Failed = "Failed to create API key";
    const double LongestLifeSeconds = 10 * 366 * 86_400d;
    static readonly string[] members = ["name", "owner", "permissions", "queues", "tasks", "expires_in", "expires_at"];

    public static async Task<Results<RecordAnswer<IssuedApiKey>, ProblemHttpResult>> Handle(
        HttpContext http, ApiKeyStore keys, IOptions<JobLimits> limits, DatabaseClock clock, CancellationToken cancellationToken)
    {
        var (body, problem) = await JsonBody.Read(http.Request, limits.Value.BodyBytes, Failed, cancellationToken);
        if (body is null)
        {
            return problem!;
        }
        using (body)
        {
            var errors = new FieldErrors();
            var now = clock.UtcNow;
            var wanted = Read(body.Root, now, errors);
            return errors.Any ? errors.ToProblem(Failed) : await Issue(http, wanted, now, keys, cancellationToken);
        }
    }

    static async Task<RecordAnswer<IssuedApiKey>> Issue(
        HttpContext http, Wanted wanted, DateTimeOffset now, ApiKeyStore keys, CancellationToken cancellationToken)
    {
        var key = ApiKey.Create();
        var row = new ApiKeyRow
        {
            Id = Guid.CreateVersion7(now),
            Name = wanted.Name!,
            Owner = wanted.Owner ?? wanted.Name!,
            Permissions = string.Join(' ', wanted.Permissions),
            Queues = NameList.Write(wanted.Queues),
            Tasks = NameList.Write(wanted.Tasks),
            Prefix = ApiKey.Prefix(key),
            Hash = ApiKey.Hash(key),
            CreatedAt = Rfc3339.ToMicroseconds(now),
            CreatedBy = Caller.NameOf(http),
            ExpiresAt = wanted.ExpiresAt,
        };
        await keys.Add(row, cancellationToken);
        var note = AuditNote.ForRequest(http);
        note.ObjectId = row.Id.ToString();
        note.Add("name", row.Name);
        note.Add("owner", row.Owner);
        note.Add("permissions", row.Permissions);
        note.Add("queues", row.Queues);
        note.Add("tasks", row.Tasks);
        note.Add("prefix", row.Prefix);
        http.Response.Headers.CacheControl = "no-store";
        return new RecordAnswer<IssuedApiKey>(
            ApiKeyView.ToRecord(row, key), ApiJson.Default.IssuedApiKey, StatusCodes.Status201Created, ApiKeyView.Path(row.Id));
    }

    static Wanted Read(JsonElement body, DateTimeOffset now, FieldErrors errors)
    {
        var wanted = new Wanted();
        double? expiresIn = null;
        ObjectReader.Read(body, errors, members, (name, value) =>
        {
            var field = new FieldReader(name, value, errors);
            switch (name)
            {
                case "name": wanted.Name = field.Text(CallerScope.ExpectedOwner, CallerScope.IsOwner); break;
                case "owner": wanted.Owner = field.Text(CallerScope.ExpectedOwner, CallerScope.IsOwner); break;
                case "permissions": wanted.Permissions = ReadPermissions(value, errors); break;
                case "queues": wanted.Queues = field.Texts(Names.ExpectedQueue, Names.IsQueue); break;
                case "tasks": wanted.Tasks = field.Texts(Names.ExpectedTask, Names.IsTask); break;
                case "expires_in": expiresIn = field.Seconds(LongestLifeSeconds, zero: false); break;
                default: wanted.ExpiresAt = field.Moment(now.AddSeconds(LongestLifeSeconds)); break;
            }
        });
        Check(wanted, expiresIn, now, errors);
        wanted.ExpiresAt ??= expiresIn is { } life ? Rfc3339.ToMicroseconds(now.AddSeconds(life)) : null;
        return wanted;
    }

    static void Check(Wanted wanted, double? expiresIn, DateTimeOffset now, FieldErrors errors)
    {
        errors.Require("name", wanted.Name is not null, CallerScope.ExpectedOwner);
        if (!Permissions.Parse(wanted.Permissions).Includes(Permission.RunJobs))
        {
            const string Expected = "expected only with the permission run_jobs: they say which jobs a worker may run";
            foreach (var (member, names) in (ReadOnlySpan<(string, IReadOnlyList<string>)>)[("queues", wanted.Queues), ("tasks", wanted.Tasks)])
            {
                if (names.Count > 0)
                {
                    errors.Add(member, Expected);
                }
            }
        }
        if (expiresIn is not null && wanted.ExpiresAt is not null)
        {
            errors.Add("expires_in", "expected only one of expires_at and expires_in; got both");
        }
        if (wanted.ExpiresAt <= now)
        {
            errors.Expected("expires_at", "a time in the future", $"{Rfc3339.Format(wanted.ExpiresAt.Value)}, which has passed");
        }
    }

    static string[] ReadPermissions(JsonElement value, FieldErrors errors)
    {
        var expected = string.Join(", ", Permissions.Words);
        if (value.ValueKind is not (JsonValueKind.Array or JsonValueKind.Null))
        {
            errors.Expected("permissions", $"an array of {expected}", value);
            return [];
        }
        var words = new SortedSet<string>(StringComparer.Ordinal);
        var at = 0;
        foreach (var item in value.ValueKind == JsonValueKind.Null ? default : value.EnumerateArray())
        {
            if (!item.TryText(out var word) || !Permissions.Words.Contains(word))
            {
                errors.Expected($"permissions[{at}]", $"one of {expected}", item);
                break;
            }
            words.Add(word);
            at++;
        }
        return [.. Permissions.Words.Where(words.Contains)];
    }

    sealed class Wanted
    {
        public string? Name { get; set; }
        public string? Owner { get; set; }
        public string[] Permissions { get; set; } = [];
        public IReadOnlyList<string> Queues { get; set; } = [];
        public IReadOnlyList<string> Tasks { get; set; } = [];
        public DateTimeOffset? ExpiresAt { get; set; }
    }
}
