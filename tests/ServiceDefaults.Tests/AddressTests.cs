using JobSystem.ServiceDefaults.Bus;
using JobSystem.ServiceDefaults.Configuration;
using JobSystem.ServiceDefaults.Postgres;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace JobSystem.ServiceDefaults.Tests;

public sealed class AddressTests
{
    [Fact]
    public void Postgres_Url_IsTranslated()
    {
        var built = new NpgsqlConnectionStringBuilder(PostgresUrl.ToConnectionString(
            "postgresql://us%40er:p%3Aw%2F@db.example:6543/jobs?sslmode=verify-full&application_name=a+b&connect_timeout=4&Maximum%20Pool%20Size=7"));

        Assert.Equal(("us@er", "p:w/", "db.example", 6543, "jobs"),
            (built.Username, built.Password, built.Host, built.Port, built.Database));
        Assert.Equal((SslMode.VerifyFull, 4, 7), (built.SslMode, built.Timeout, built.MaxPoolSize));
    }

    [Theory]
    [InlineData("postgres://localhost", "localhost", 5432, null, null)]
    [InlineData("postgresql://me@[::1]:7/x", "::1", 7, "x", "me")]
    [InlineData("postgresql:///x?host=/run/postgresql", "/run/postgresql", 5432, "x", null)]
    [InlineData("Host=h;Port=9;Database=d;Username=u", "h", 9, "d", "u")]
    public void Postgres_ShortForms_GetDefaults(string text, string host, int port, string? database, string? user)
    {
        var built = new NpgsqlConnectionStringBuilder(PostgresUrl.ToConnectionString(text));

        Assert.Equal((host, port, database, user), (built.Host, built.Port, built.Database, built.Username));
    }

    [Theory]
    [InlineData("postgresql://u:secret@h:port/x")]
    [InlineData("postgresql://u:secret@h/x?colour=red")]
    [InlineData("nonsense secret")]
    public void Postgres_NotUnderstood_SaysWhatWasExpectedWithoutThePassword(string text)
    {
        var error = Assert.Throws<SettingException>(() => PostgresUrl.ToConnectionString(text));

        Assert.Contains("postgresql://user:password@host:port/database", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("u:secret", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("amqp://u:p%40@h:1234/%2Fa", "h", 1234, "/a", "u", "p@", false)]
    [InlineData("amqp://h", "h", 5672, "/", "guest", "guest", false)]
    [InlineData("amqps://u:p@h/", "h", 5671, "/", "u", "p", true)]
    [InlineData("amqp://u:p@[::1]:5/team", "::1", 5, "team", "u", "p", false)]
    public void Broker_Url_IsTakenApart(string text, string host, int port, string vhost, string user, string password, bool tls) =>
        Assert.Equal(new BrokerUrl(host, port, vhost, user, password, tls), BrokerUrl.Parse(text));

    [Theory]
    [InlineData("http://h")]
    [InlineData("h:5672")]
    [InlineData("")]
    public void Broker_OtherText_IsRefused(string text) => Assert.Throws<SettingException>(() => BrokerUrl.Parse(text));

    [Fact]
    public void Broker_InALog_HasNoPassword() =>
        Assert.DoesNotContain("secret", BrokerUrl.Parse("amqp://u:secret@h/v").ToString(), StringComparison.Ordinal);

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("soon")]
    [InlineData("NaN")]
    public void Seconds_NotADuration_IsRefused(string text)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["X_SECONDS"] = text }).Build();

        var error = Assert.Throws<SettingException>(() => configuration.Seconds("X_SECONDS", 1));

        Assert.Contains("X_SECONDS", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Settings_Given_AreRead()
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection(new Dictionary<string, string?> { ["S"] = "0.5", ["N"] = "3", ["L"] = " a, b,,c " }).Build();

        Assert.Equal(TimeSpan.FromMilliseconds(500), configuration.Seconds("S", 1));
        Assert.Equal(TimeSpan.FromSeconds(7), configuration.Seconds("absent", 7));
        Assert.Equal(3, configuration.Number("N", 1));
        Assert.Equal(["a", "b", "c"], configuration.List("L"));
    }
}
