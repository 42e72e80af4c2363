using System.Net.Http.Headers;
using System.Text;
using JobSystem.ServiceDefaults.Errors;
using JobSystem.ServiceDefaults.Requests;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace JobSystem.ServiceDefaults.Tests;

public sealed class ProblemTests : IAsyncLifetime
{
    TestService service = null!;

    HttpClient Http => service.Http;

    public async Task InitializeAsync() => service = await TestService.Start(_ => { }, app =>
    {
        app.MapPost("/orders", (Order order) => TypedResults.Ok(order));
        app.MapPost("/read-orders", ReadOrder);
        app.MapGet("/pages", (int page) => TypedResults.Ok(page));
        app.MapGet("/missing", () => Problems.NotFound("There is no order 7."));
        app.MapGet("/invalid", () => Problems.Validation(
            new Dictionary<string, string[]> { ["price"] = ["Must not be negative."], ["name"] = ["Too long."] }));
        app.MapGet("/throw/{what}", IResult (string what) => throw Throwable(what));
    });

    public async Task DisposeAsync() => await service.DisposeAsync();

    static Exception Throwable(string what) => what switch
    {
        "timeout" => new TimeoutException("secret words"),
        "postgres-restart" => new PostgresException("terminating connection", "FATAL", "FATAL", "57P01"),
        "postgres-away" => new NpgsqlException("secret host", new System.Net.Sockets.SocketException(111)),
        "wrapped" => new InvalidOperationException("outer", new NpgsqlException("secret host", new IOException("reset"))),
        "sqlite-busy" => new SqliteException("database is locked", 5),
        "broker" => new MassTransit.RabbitMqConnectionException("secret host"),
        "postgres-constraint" => new PostgresException("duplicate key", "ERROR", "ERROR", "23505"),
        _ => new InvalidOperationException("secret words"),
    };

    [Theory]
    [InlineData("""{"name": "x", "colour": "red"}""", "colour", "unknown member; expected name, delay, pieces, due_at, tags, address")]
    [InlineData("""{"name": "x", "delay": "long"}""", "delay", "expected a number of seconds from 0 to 60; got \"long\"")]
    [InlineData("""{"name": "x", "pieces": 1.5}""", "pieces", "expected a whole number from 1 to 9; got 1.5")]
    [InlineData("""{"name": 5}""", "name", "expected a name; got 5")]
    [InlineData("""{"name": "x", "due_at": "tomorrow"}""", "due_at", "expected a time such as 2030-01-31T12:00:00Z; got \"tomorrow\"")]
    [InlineData("""{"name": "x", "tags": "a"}""", "tags", "expected an array of texts; got \"a\"")]
    [InlineData("""{"delay": 1}""", "name", "expected a name; got nothing")]
    [InlineData("""{"name": "x", "name": "y"}""", "name", "expected once; got more than once")]
    [InlineData("""{"name": "x", "address": {"street": 1}}""", "address.street", "expected a street; got 1")]
    [InlineData("""{"name": "x", "address": {"planet": "Mars"}}""", "address.planet", "unknown member; expected street")]
    public async Task Body_WrongMember_NamesItAndWhatWasExpected(string body, string field, string message)
    {
        using var answer = await Post(body, "/read-orders");

        var problem = await TestService.Problem(answer, 400);
        Assert.Equal("validation_failed", problem.GetProperty("code").GetString());
        Assert.Equal(message, problem.GetProperty("errors").GetProperty(field)[0].GetString());
        Assert.Contains(field, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("{\"name\": \"x\", \"price\": ", "line 1")]
    [InlineData("{\n\"name\" \"x\"}", "line 2")]
    [InlineData("not json", "line 1")]
    public async Task Body_NotJson_SaysWhere(string body, string where)
    {
        using var answer = await Post(body, "/read-orders");

        var problem = await TestService.Problem(answer, 400);
        Assert.Equal("malformed_json", problem.GetProperty("code").GetString());
        Assert.Contains(where, problem.GetProperty("detail").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    public async Task Body_Absent_SaysThatOneIsRequired(string body)
    {
        using var answer = await Post(body, "/read-orders");

        await TestService.Problem(answer, 400);
    }

    [Fact]
    public async Task Body_WrongContentType_Answers415()
    {
        using var content = new StringContent("name=x", Encoding.UTF8, "application/x-www-form-urlencoded");
        using var answer = await Http.PostAsync(new Uri("/orders", UriKind.Relative), content);

        var problem = await TestService.Problem(answer, 415);
        Assert.Equal("unsupported_media_type", problem.GetProperty("code").GetString());
    }

    [Fact]
    public async Task Body_TooLarge_Answers413()
    {
        using var answer = await Post($$"""{"name": "{{new string('x', (int)ServiceDefaultsExtensions.MaxRequestBody)}}", "price": 1}""");

        var problem = await TestService.Problem(answer, 413);
        Assert.Equal("payload_too_large", problem.GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("timeout")]
    [InlineData("postgres-restart")]
    [InlineData("postgres-away")]
    [InlineData("wrapped")]
    [InlineData("sqlite-busy")]
    [InlineData("broker")]
    public async Task Exception_SomethingIsAway_Answers503WithRetryAfter(string what)
    {
        using var answer = await Http.GetAsync(new Uri($"/throw/{what}", UriKind.Relative));

        var problem = await TestService.Problem(answer, 503);
        Assert.Equal("service_unavailable", problem.GetProperty("code").GetString());
        Assert.DoesNotContain("secret", problem.GetRawText(), StringComparison.Ordinal);
        Assert.NotNull(answer.Headers.RetryAfter);
    }

    [Theory]
    [InlineData("anything")]
    [InlineData("postgres-constraint")]
    public async Task Exception_Unexpected_Answers500WithoutDetails(string what)
    {
        using var answer = await Http.GetAsync(new Uri($"/throw/{what}", UriKind.Relative));

        var problem = await TestService.Problem(answer, 500);
        Assert.Equal("internal_error", problem.GetProperty("code").GetString());
        Assert.DoesNotContain("secret", problem.GetRawText(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/pages?page=x", "page: 'x' is not a valid value.")]
    [InlineData("/pages", "page: Required, but missing.")]
    public async Task Query_WrongParameter_NamesIt(string path, string detail)
    {
        using var answer = await Http.GetAsync(new Uri(path, UriKind.Relative));

        Assert.Equal(detail, (await TestService.Problem(answer, 400)).GetProperty("detail").GetString());
    }

    [Fact]
    public async Task Helpers_GivenWords_AppearInTheBody()
    {
        using var missing = await Http.GetAsync(new Uri("/missing", UriKind.Relative));
        using var invalid = await Http.GetAsync(new Uri("/invalid", UriKind.Relative));

        Assert.Equal("There is no order 7.", (await TestService.Problem(missing, 404)).GetProperty("detail").GetString());
        var problem = await TestService.Problem(invalid, 400);
        Assert.Equal("price: Must not be negative.", problem.GetProperty("detail").GetString());
        Assert.Equal("Too long.", problem.GetProperty("errors").GetProperty("name")[0].GetString());
    }

    [Fact]
    public async Task Accept_SomethingElse_StillGetsTheProblem()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/missing");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/html"));
        using var answer = await Http.SendAsync(request);

        Assert.Equal("not_found", (await TestService.Problem(answer, 404)).GetProperty("code").GetString());
    }

    [Fact]
    public async Task Method_NotAllowed_Answers405()
    {
        using var answer = await Http.DeleteAsync(new Uri("/orders", UriKind.Relative));

        Assert.Equal("method_not_allowed", (await TestService.Problem(answer, 405)).GetProperty("code").GetString());
        Assert.Contains("POST", answer.Content.Headers.Allow);
    }

    [Fact]
    public async Task Json_Times_AreUtcWithZ()
    {
        using var answer = await Post("""{"name": "x", "price": 1, "due_at": "2030-01-31T14:00:00+02:00"}""");
        using var unmarked = await Post("""{"name": "x", "price": 1, "due_at": "2030-01-31T12:00:00"}""");

        Assert.Contains("\"due_at\":\"2030-01-31T12:00:00Z\"", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Contains("\"due_at\":\"2030-01-31T12:00:00Z\"", await unmarked.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    async Task<HttpResponseMessage> Post(string body, string path = "/orders")
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/json");
        return await Http.PostAsync(new Uri(path, UriKind.Relative), content);
    }

    /// <summary>Reads a body as the product's routes do.</summary>
    static async Task<IResult> ReadOrder(HttpRequest request, CancellationToken cancellationToken)
    {
        var (body, problem) = await JsonBody.Read(request, 1000, "Failed to order", cancellationToken);
        if (body is null)
        {
            return problem!;
        }

        using (body)
        {
            var errors = new FieldErrors();
            string? name = null;
            ObjectReader.Read(body.Root, errors, ["name", "delay", "pieces", "due_at", "tags", "address"], (member, value) =>
            {
                var field = new FieldReader(member, value, errors);
                switch (member)
                {
                    case "name": name = field.Text("a name", _ => true); break;
                    case "delay": field.Seconds(60, zero: true); break;
                    case "pieces": field.Whole(1, 9); break;
                    case "due_at": field.Moment(); break;
                    case "tags": field.Tags(3, 10); break;
                    default: ObjectReader.Read(value, errors, ["street"], (part, text) => new FieldReader($"address.{part}", text, errors).Text("a street", _ => true), "address."); break;
                }
            });
            if (name is null && !errors.Any)
            {
                errors.Expected("name", "a name", "nothing");
            }

            return errors.Any ? errors.ToProblem("Failed to order") : TypedResults.NoContent();
        }
    }

    internal sealed record Order(string Name, double Price, int? Pieces = null, DateTimeOffset? DueAt = null,
        IReadOnlyList<string>? Tags = null, Address? Address = null);

    internal sealed record Address(string? Street = null);
}
